"""What the benchmark's server answers: S3's operations, and those of STS, SSM and CloudFront."""

import itertools
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from bench.s3_store import Bucket, Object, iso, stored

KEPT = (b"content-type", b"cache-control", b"content-encoding")
CHUNK = re.compile(rb"([0-9a-fA-F]+)(?:;[^\r]*)?\r\n")
RECORDS = "records"  # the bucket of Shipway's lock and records
INVALIDATION = "/2020-05-31/distribution/"


class Reply(NamedTuple):
    """`head`: header lines, each with a CRLF *before* it, as they are sent."""

    status: int
    head: bytes = b""
    body: bytes = b""


@dataclass(slots=True)
class Request:
    """A request as it came: `url` is path and query, header names are in lower case."""

    method: str
    url: str
    headers: Mapping[bytes, bytes]
    body: bytes

    def split(self) -> tuple[str, dict[str, str]]:
        """Return the path, percent-decoded, and the query."""
        path, _, query = self.url.partition("?")
        pairs = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        return (unquote(path) if "%" in path else path), pairs


class Cloud:
    """All that the server remembers."""

    def __init__(self) -> None:
        self.buckets: defaultdict[str, Bucket] = defaultdict(Bucket)
        self.parameters: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.invalidations = itertools.count(1)

    def answer(self, request: Request) -> Reply:
        """Answer one request, and count it."""
        path, query = request.split()
        if path.startswith("/_"):
            return self._steer(path, query, request)
        if path == "/":
            return self._query_api(request)
        if path.startswith(INVALIDATION):
            return self._cloudfront(path, request)
        name, _, key = path[1:].partition("/")
        bucket = self.buckets[name]
        if key:
            own = " .shipway" if name == RECORDS or key.startswith(".shipway/") else ""
            return self._object(bucket, key, query, request, own)
        return self._bucket(bucket, name, query, request)

    def _count(self, operation: str, reply: Reply) -> Reply:
        self.counts[operation] += 1
        return reply

    # --- objects

    def _object(
        self, bucket: Bucket, key: str, query: dict[str, str], request: Request, own: str
    ) -> Reply:
        if request.method == "PUT":
            source = request.headers.get(b"x-amz-copy-source")
            if source is not None:
                return self._count(
                    "CopyObject" + own, self._copy(bucket, key, unquote(source.decode()))
                )
            return self._count("PutObject" + own, self._put(bucket, key, request))
        if request.method == "DELETE":
            bucket.delete(key, query.get("versionId", ""))
            return self._count("DeleteObject" + own, Reply(204))
        found = bucket.get(key, query.get("versionId", ""))
        operation = "HeadObject" if request.method == "HEAD" else "GetObject"
        return self._count(operation + own, _served(found) if found else _error(404, "NoSuchKey"))

    def _put(self, bucket: Bucket, key: str, request: Request) -> Reply:
        headers, body = request.headers, request.body
        current = bucket.objects.get(key)
        if b"if-none-match" in headers and current:
            return _error(412, "PreconditionFailed")
        match = headers.get(b"if-match")
        if match and (not current or match.decode().strip('"') != current.etag.strip('"')):
            return _error(412, "PreconditionFailed")
        if headers.get(b"x-amz-content-sha256", b"").startswith(b"STREAMING-"):
            body = _unchunked(body)
        value = stored(body, _kept(headers))
        bucket.put(key, value)
        return Reply(200, _tags(value))

    def _copy(self, bucket: Bucket, key: str, source: str) -> Reply:
        path, _, version = source.partition("?versionId=")
        name, _, source_key = path.lstrip("/").partition("/")
        found = self.buckets[name].get(source_key, version)
        if found is None:
            return _error(404, "NoSuchKey")
        value = stored(found.body, found.headers)
        bucket.put(key, value)
        body = (
            f"<ETag>{escape(value.etag)}</ETag><LastModified>{iso(value.modified)}</LastModified>"
        )
        return Reply(200, _tags(value), f"<CopyObjectResult>{body}</CopyObjectResult>".encode())

    # --- buckets

    def _bucket(self, bucket: Bucket, name: str, query: dict[str, str], request: Request) -> Reply:
        if request.method == "POST" and "delete" in query:
            return self._count("DeleteObjects", _delete(bucket, request.body))
        if request.method == "GET" and "location" in query:
            return self._count("GetBucketLocation", Reply(200, b"", b"<LocationConstraint/>"))
        if request.method in ("HEAD", "PUT"):
            operation = {"HEAD": "HeadBucket", "PUT": "CreateBucket"}[request.method]
            return self._count(operation, Reply(200))
        if request.method != "GET" or "delimiter" in query or "versions" in query:
            return self._count("NotImplemented", _error(501, "NotImplemented"))
        operation = "ListObjectsV2" if "list-type" in query else "ListObjects"
        return self._count(operation, _xml(bucket.page(name, query)))

    # --- the other services

    def _query_api(self, request: Request) -> Reply:
        target = request.headers.get(b"x-amz-target", b"")
        if target == b"AmazonSSM.GetParameter":
            return self._count("GetParameter", self._parameter(json.loads(request.body)["Name"]))
        if b"Action=GetCallerIdentity" in request.body or "GetCallerIdentity" in request.url:
            return self._count("GetCallerIdentity", _xml(IDENTITY))
        return self._count("NotImplemented", _error(501, "NotImplemented"))

    def _parameter(self, name: str) -> Reply:
        if name not in self.parameters:
            return Reply(400, JSON, b'{"__type": "ParameterNotFound"}')
        value = {"Name": name, "Type": "String", "Value": self.parameters[name], "Version": 1}
        return Reply(200, JSON, json.dumps({"Parameter": value}).encode())

    def _cloudfront(self, path: str, request: Request) -> Reply:
        if request.method == "POST":
            return self._count(
                "CreateInvalidation",
                Reply(201, XML, _invalidation(f"I{next(self.invalidations)}", "InProgress")),
            )
        number = path.rsplit("/", 1)[1]
        return self._count("GetInvalidation", _xml(_invalidation(number, "Completed")))

    # --- what the benchmark itself asks

    def _steer(self, path: str, query: dict[str, str], request: Request) -> Reply:
        if path == "/_reset":
            if "counts" not in query:
                self.buckets.clear()
            self.counts.clear()
        elif path == "/_clone":
            self.buckets[query["target"]] = self.buckets[query["source"]].clone(".shipway/")
        elif path == "/_parameter":
            self.parameters[query["name"]] = request.body.decode()
        elif path == "/_stats":
            return Reply(200, JSON, json.dumps(self.counts).encode())
        elif path == "/_objects":
            return Reply(200, JSON, json.dumps(_summary(self.buckets[query["bucket"]])).encode())
        else:
            return Reply(404)
        return Reply(204)


JSON, XML = b"\r\nContent-Type: application/json", b"\r\nContent-Type: application/xml"
IDENTITY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn>"
    b"<UserId>bench</UserId><Account>000000000000</Account></GetCallerIdentityResult>"
    b"<ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata>"
    b"</GetCallerIdentityResponse>"
)


def _xml(body: bytes) -> Reply:
    return Reply(200, XML, body)


def _error(status: int, code: str) -> Reply:
    return Reply(
        status, XML, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    )


def _tags(value: Object) -> bytes:
    return f"\r\nETag: {value.etag}\r\nx-amz-version-id: {value.version}".encode()


def _served(value: Object) -> Reply:
    lines = "".join(f"\r\n{name}: {text}" for name, text in value.headers.items())
    modified = f"\r\nLast-Modified: {formatdate(value.modified, usegmt=True)}"
    return Reply(200, _tags(value) + (modified + lines).encode(), value.body)


def _kept(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    return {
        name.decode(): value.decode()
        for name, value in headers.items()
        if name in KEPT or name.startswith(b"x-amz-meta-")
    }


def _unchunked(body: bytes) -> bytes:
    """Return the content of an aws-chunked body.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """
    parts, at = [], 0
    while match := CHUNK.match(body, at):
        size = int(match[1], 16)
        if not size:
            break
        parts.append(body[match.end() : match.end() + size])
        at = match.end() + size + 2
    return b"".join(parts)


def _delete(bucket: Bucket, body: bytes) -> Reply:
    for element in ET.fromstring(body).iterfind("{*}Object"):  # noqa: S314 - on loopback
        bucket.delete(element.findtext("{*}Key", ""), element.findtext("{*}VersionId", "") or "")
    return _xml(b"<DeleteResult/>")


def _invalidation(number: str, status: str) -> bytes:
    return (
        f'<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>{number}</Id>'
        f"<Status>{status}</Status><CreateTime>{iso(int(time.time()))}</CreateTime>"
        "<InvalidationBatch><Paths><Quantity>0</Quantity></Paths>"
        "<CallerReference>bench</CallerReference></InvalidationBatch></Invalidation>"
    ).encode()


def _summary(bucket: Bucket) -> dict[str, tuple[str, str, str]]:
    return {
        key: (
            value.etag.strip('"'),
            value.headers.get("content-type", ""),
            value.headers.get("cache-control", ""),
        )
        for key, value in bucket.objects.items()
    }
