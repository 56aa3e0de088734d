// A CloudFront Function at viewer-request: decides which object of the bucket answers a path.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
// Terraform fills in the one value that differs between sites.
const singlePage = ${single_page};

function handler(event) {
  const request = event.request;
  const path = decoded(request.uri);
  if (path === null) return answer(400, 'Bad Request');
  // A slash more must not lead around it, whatever S3 makes of one.
  if (/^\/+\.shipway(\/|$)/.test(path)) return answer(404, 'Not Found');
  // Names there have no extension and are files: https://www.rfc-editor.org/rfc/rfc8615
  if (path.startsWith('/.well-known/') || hasExtension(path)) return request;
  if (singlePage) request.uri = '/index.html';
  else if (path.endsWith('/')) request.uri += 'index.html';
  else return redirect(request);
  return request;
}

// S3 takes %2e for a dot: so must every decision here.
function decoded(uri) {
  try {
    return decodeURIComponent(uri);
  } catch (error) {
    return null;
  }
}

function hasExtension(path) {
  return path.slice(path.lastIndexOf('/') + 1).includes('.');
}

// To the folder, where the links of its index.html are right. One slash at the start: two, or a
// backslash, would name another host.
function redirect(request) {
  const location = '/' + request.uri.replace(/^[\/\\]+/, '') + '/' + query(request.querystring);
  return answer(302, 'Found', { location: { value: location } });
}

function query(parameters) {
  const pairs = [];
  for (const name of Object.keys(parameters)) {
    for (const one of parameters[name].multiValue || [parameters[name]]) {
      pairs.push(one.value === '' ? name : name + '=' + one.value);
    }
  }
  return pairs.length ? '?' + pairs.join('&') : '';
}

function answer(statusCode, statusDescription, headers) {
  return {
    statusCode: statusCode,
    statusDescription: statusDescription,
    headers: Object.assign({ 'cache-control': { value: 'no-store' } }, headers),
  };
}
