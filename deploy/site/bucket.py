"""One S3 bucket: what a site needs of it, and no more. Every call may be made from any thread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.signed_http import SignedHttp
from deploy.site.manifest import Entry, File, Headers, Listed

SHA256 = "x-amz-meta-sha256"


@dataclass(frozen=True, slots=True)
class Head:
    """An object without its body. `modified` in Unix seconds by the server's clock.

    `sha256` (hex) is what `put` wrote beside it; empty if somebody else put it.
    """

    size: int
    etag: str
    version: str
    modified: float
    sha256: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Got:
    """A small object, with the ETag that a conditional write of it needs."""

    body: bytes
    etag: str


class Bucket:
    """A versioned bucket in the region (or at the endpoint) that `http` is of.

    Every call retries what may pass, and raises for the rest: PreflightError if the bucket is not
    there or in another region, ToolError if a permission is missing (it names the action) or S3
    stays out of reach. ETags are opaque, with their quotes, as S3 gives them.
    """

    def __init__(self, http: SignedHttp, name: str) -> None:
        self.http, self.name = http, name

    def list(self, prefix: str = "") -> Iterator[Listed]:
        """Yield every object whose key begins with `prefix`, by the UTF-8 bytes of its key.

        One request for 1,000 objects, made when the first of them is wanted.
        """
        raise NotImplementedError

    def head(self, key: str) -> Head | None:
        """Return an object's headers, or None if there is none."""
        raise NotImplementedError

    def get(self, key: str, version: str = "") -> Got | None:
        """Return a small object (or a version of it), or None if there is none."""
        raise NotImplementedError

    def download(self, key: str, to: Path) -> bool:
        """Write an object's body to file `to`, without holding it. False if there is none."""
        raise NotImplementedError

    def put(self, file: File, body: bytes | Path) -> Entry:
        """Store a file of the site; S3 compares the body with `file.sha256`.

        `body` is the content as it is stored, or the path of a file that holds it, which is read
        anew at each attempt. Raises ToolError if it is not what `file.sha256` says: then it has
        changed since it was read.
        """
        raise NotImplementedError

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        """Store an object only if it has `etag`, or with None only if there is none.

        Return its new ETag; None if another writer was first. If a reply was lost, what is there
        then decides: `body` must differ between writers.
        """
        raise NotImplementedError

    def write(self, key: str, body: bytes | Path, content_type: str) -> None:
        """Store an object that is not the site's own, such as a manifest."""
        raise NotImplementedError

    def copy(self, entry: Entry) -> Entry:
        """Make an earlier version of an object its latest one, with its headers.

        Return the entry with the new version. Raises PreflightError if that version is gone.
        """
        raise NotImplementedError

    def delete(self, objects: Sequence[tuple[str, str]]) -> None:
        """Delete (key, version) pairs, 1,000 a request.

        With a version, that version is gone for good. With "" the object gets a delete marker, and
        its versions stay. What is not there is no error.
        """
        raise NotImplementedError
