"""The objects of one S3 bucket: read, list, write, swap, delete. Every call may be made from any
thread.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from deploy import object_replies as replies
from deploy.errors import ToolError
from deploy.object_errors import explain
from deploy.refusal import FAILED, TRANSIENT, code_of
from deploy.signed_http import Response, SignedHttp, digest

MISSING, LOST = 404, 412
# A version that is a delete marker has no body:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
MARKER = 405
DELETED_AT_ONCE = 1000  # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
DELETE_ROUNDS = 4  # for objects that S3 was too busy to delete
# A parser would make other white space of these.
LINE_ENDS = str.maketrans({"\r": "&#13;", "\n": "&#10;"})


class Got(NamedTuple):
    """A small object, with the ETag that a conditional write of it needs."""

    body: bytes
    etag: str


class Objects:
    """A bucket in the region (or at the endpoint) that `http` is of.

    Every call retries what may pass, and raises for the rest: PreflightError if the bucket is not
    there or in another region, ToolError if a permission is missing (it names the action) or S3
    stays out of reach. ETags are opaque, with their quotes, as S3 gives them.
    """

    def __init__(self, http: SignedHttp, name: str) -> None:
        self.http, self.name = http, name
        self.url = bucket_url(http, name)

    def list(self, prefix: str = "") -> Iterator[replies.Listed]:
        """Yield every object whose key begins with `prefix`, by the UTF-8 bytes of its key.

        One request for 1,000 objects, made when the first of them is wanted.
        """
        token = ""
        while True:
            page = replies.page(self._page(prefix, token))
            yield from page.objects
            if not (token := page.token):
                return

    def _page(self, prefix: str, token: str) -> bytes:
        """Return the reply that `token` asks for, "" for the first one."""
        asked = {"encoding-type": "url", "list-type": "2", "prefix": prefix}
        if token:
            asked["continuation-token"] = token
        query = urlencode(sorted(asked.items()), quote_via=quote, safe="~")
        return self._good(self._ask("GET", "", query=query), "s3:ListBucket").body

    def get(self, key: str, version: str = "") -> Got | None:
        """Return a small object (or a version of it), or None if there is none."""
        reply = self._read(key, version)
        return Got(reply.body, reply.headers.get("etag", "")) if reply else None

    def _read(self, key: str, version: str, **options: Any) -> Response | None:
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        reply = self._ask("GET", key, query=at_version(version), **options)
        code = code_of(reply.status, reply.body)
        if reply.status in (MISSING, MARKER) and code != "NoSuchBucket":
            return None
        return self._good(reply, action, key)

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        """Store an object only if it has `etag`, or with None only if there is none.

        Return its new ETag; None if another writer was first. If a reply was lost, what is there
        then decides: `body` must differ between writers.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        condition = {"if-none-match": "*"} if etag is None else {"if-match": etag}
        headers = {"content-type": content_type, **condition}
        reply = self._send(key, body, headers, digest(body))
        lost = reply.status == LOST or code_of(reply.status, reply.body) == "NoSuchKey"
        if not lost:
            return self._good(reply, "s3:PutObject", key).headers["etag"]
        found = self.get(key) if reply.attempts > 1 else None
        return found.etag if found and found.body == body else None

    def write(self, key: str, body: bytes | Path, content_type: str) -> None:
        """Store a small object, or a file, whatever is there. Nobody on the way may keep it."""
        headers = {"content-type": content_type, "cache-control": "no-store"}
        self._store(key, body, headers, digest(body))

    def _store(
        self, key: str, body: bytes | Path, headers: Mapping[str, str], sha256: str
    ) -> Response:
        return self._good(self._send(key, body, headers, sha256), "s3:PutObject", key)

    def _send(
        self, key: str, body: bytes | Path, headers: Mapping[str, str], sha256: str
    ) -> Response:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"""
        checksum = {"x-amz-checksum-sha256": _base64(sha256)}
        whole = {**headers, **checksum}
        return self._ask("PUT", key, headers=whole, body=body, sha256=sha256)

    def delete(self, objects: Sequence[tuple[str, str]]) -> None:
        """Delete (key, version) pairs, 1,000 a request.

        With a version, that version is gone for good. With "" the object gets a delete marker, and
        its versions stay. What is not there is no error.
        """
        for start in range(0, len(objects), DELETED_AT_ONCE):
            left = objects[start : start + DELETED_AT_ONCE]
            for _ in range(DELETE_ROUNDS):
                left = left and self._delete(left)
            if left:
                raise ToolError(
                    f"S3 was too busy to delete {len(left)} objects of bucket {self.name}",
                    remedy="run the same command again; it deletes the rest",
                )

    def _delete(self, objects: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Return those that S3 was too busy for."""
        body = _delete_body(objects)
        headers = {"content-type": "application/xml"}
        headers["x-amz-checksum-sha256"] = _base64(digest(body))
        action = "s3:DeleteObjectVersion" if objects[0][1] else "s3:DeleteObject"
        reply = self._ask("POST", "", query="delete=", headers=headers, body=body)
        left = list(replies.undeleted(self._good(reply, action).body))
        for key, _, code, message in left:
            if code not in TRANSIENT:
                failed = f"<Error><Code>{code}</Code><Message>{_text(message)}</Message></Error>"
                status = 403 if code == "AccessDenied" else 400
                self._good(Response(status, reply.headers, failed.encode()), action, key)
        return [(key, version) for key, version, _, _ in left]

    def _ask(self, method: str, key: str, query: str = "", **rest: Any) -> Response:
        url = f"{self.url}{quote(key, safe='/~')}{'?' * bool(query)}{query}"
        return self.http.request("s3", method, url, **rest)

    def _good(self, reply: Response, action: str, key: str = "") -> Response:
        """Return a success. Raises what is to be told about anything else."""
        if reply.status < FAILED:
            return reply
        raise explain(reply, self.name, action, key)


def is_virtual(http: SignedHttp, bucket: str) -> bool:
    """Whether the bucket is part of the host's name: on AWS, where its certificate covers that.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    return not http.endpoint and "." not in bucket


def bucket_url(http: SignedHttp, bucket: str) -> str:
    """Return the URL that the bucket's keys are appended to."""
    url = http.url("s3")
    return url.replace("://", f"://{bucket}.", 1) if is_virtual(http, bucket) else f"{url}{bucket}/"


def at_version(version: str) -> str:
    """Return the query that names a version of an object; empty for the latest one."""
    return f"versionId={quote(version, safe='')}" if version else ""


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _text(value: str) -> str:
    """Return a value as the text of an element of XML."""
    from html import escape

    return escape(value)


def _delete_body(objects: Sequence[tuple[str, str]]) -> bytes:
    parts = ['<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>']
    for key, version in objects:
        named = f"<VersionId>{_text(version)}</VersionId>" if version else ""
        parts.append(f"<Object><Key>{_text(key).translate(LINE_ENDS)}</Key>{named}</Object>")
    return "".join([*parts, "</Delete>"]).encode()
