"""What S3 stores beside a file's body: type, caching, and whether compression pays. Pure."""

from collections.abc import Mapping

from deploy.site.manifest import Headers, Kind

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"


def headers_for(key: str, size: int, cache: Mapping[str, str]) -> tuple[Headers, Kind]:
    """Return a file's headers, without a Content-Encoding, and its kind.

    `key` is its path below the output folder, `size` its bytes on disk; `cache` maps a glob
    pattern (in which "*" also matches "/") to a Cache-Control, and the first match counts.
    """
    raise NotImplementedError


def content_type(key: str) -> str:
    """Return the Content-Type for a file's name, `application/octet-stream` if unknown."""
    raise NotImplementedError


def compresses_at_edge(content_type: str, size: int) -> bool:
    """Say whether CloudFront compresses an object of this type and size (bytes) by itself."""
    raise NotImplementedError


def compresses_here(content_type: str, size: int) -> bool:
    """Say whether storing a file compressed may pay: compressible, but not at the edge."""
    raise NotImplementedError


def is_hashed(key: str) -> bool:
    """Say whether a file's name holds a hash of its content, as bundlers write it."""
    raise NotImplementedError
