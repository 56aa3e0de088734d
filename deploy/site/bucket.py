"""A site's bucket: objects with headers, versions and a checksum. Any thread may call."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

from deploy import object_replies
from deploy.errors import PreflightError
from deploy.object_errors import changed
from deploy.object_replies import Listed
from deploy.objects import MARKER, MISSING, Objects, at_version
from deploy.refusal import code_of
from deploy.signed_http import SignedHttp, digest
from deploy.site import replies
from deploy.site.fast_put import FastPut, Stored
from deploy.site.manifest import Entry, File, Head, Headers
from deploy.site.workers import begun

# Named anew: clouds differ in whether a copy onto itself may leave them as they are.
REPLACED = {"x-amz-metadata-directive": "REPLACE"}


class Bucket(Objects):
    """A site's versioned bucket."""

    def __init__(self, http: SignedHttp, name: str) -> None:
        super().__init__(http, name)
        self._fast = FastPut(http, name)

    def survey(self) -> Iterator[Listed]:
        """Return all objects as `list` does. The first request is under way when this returns, and
        each further one while the objects before it are looked at.
        """
        return self._from(begun(lambda: self._page("", "")))

    def _from(self, coming: Callable[[], bytes] | None) -> Iterator[Listed]:
        while coming:
            page = object_replies.page(coming())
            coming = begun(partial(self._page, "", page.token)) if page.token else None
            yield from page.objects

    def head(self, key: str, version: str = "") -> Head | None:
        """Return the headers of an object (or a version of it), or None if there is none."""
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        reply = self._ask("HEAD", key, query=at_version(version))
        if reply.status in (MISSING, MARKER):
            return None
        return replies.head(self._good(reply, action, key).headers)

    def download(self, key: str, to: Path) -> bool:
        """Write an object's body to file `to`, without holding it. False if there is none."""
        with to.open("wb") as file:
            return self._read(key, "", to=file) is not None

    def put(self, file: File, body: bytes | Path) -> Entry:
        """Store a file of the site; S3 compares the body with `file.sha256`.

        `body` is the content as it is stored, or the path of a file that holds it, which is read
        anew at each attempt. Raises ToolError if it is not what `file.sha256` says: then it has
        changed since it was read.
        """
        self._check(file, body)
        if isinstance(body, bytes):
            stored = self._fast.put(file.key, body, _attributes(file))
            if stored:
                return self._entry(file, stored)
        reply = self._store(file.key, body, _put_headers(file), file.sha256)
        return self._entry(file, Stored(reply.headers["etag"], replies.version(reply.headers)))

    def _check(self, file: File, body: bytes | Path) -> None:
        if isinstance(body, bytes):
            same = digest(body) == file.sha256
        else:  # S3 compares the hash; a shorter body would only be waited for
            same = os.stat(body).st_size == file.size  # noqa: PTH116 - a third of Path.stat's time
        if not same:
            raise changed(file.key)

    def _entry(self, file: File, stored: Stored) -> Entry:
        return Entry(file, stored.etag, stored.version, self.http.server_time())

    def copy(self, entry: Entry) -> Entry:
        """Make an earlier version of an object its latest one, with its headers.

        Return the entry with the new version. Raises PreflightError if that version is gone.
        """
        file = entry.file
        source = f"{self.name}/{quote(file.key, safe='/~')}?versionId={quote(entry.version)}"
        headers = {**_put_headers(file), **REPLACED, "x-amz-copy-source": source}
        reply = self._ask("PUT", file.key, headers=headers)
        if code_of(reply.status, reply.body) in {"NoSuchVersion", "NoSuchKey"}:
            raise PreflightError(
                f"version {entry.version} of {file.key} is no longer in bucket {self.name}",
                remedy="choose a newer release (`--to`), or deploy its commit again",
            )
        good = self._good(reply, "s3:PutObject (and s3:GetObjectVersion)", file.key)
        etag, stored = replies.copied(good.body)
        return Entry(file, etag, replies.version(good.headers), stored)


def _stored_headers(headers: Headers) -> dict[str, str]:
    named = {
        "content-type": headers.content_type,
        "cache-control": headers.cache_control,
        "content-encoding": headers.content_encoding,
    }
    return {name: value for name, value in named.items() if value}


def _put_headers(file: File) -> dict[str, str]:
    return {**_stored_headers(file.headers), replies.SHA256: file.sha256}


def _attributes(file: File) -> dict[str, str]:
    """As obstore takes them: what is no header of HTTP's is metadata."""
    return {**_stored_headers(file.headers), "sha256": file.sha256}
