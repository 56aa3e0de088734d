"""What S3 stores beside a file's body: type, caching, and whether compression pays. Pure."""

import fnmatch
import re
from collections.abc import Mapping
from functools import lru_cache

from deploy.site.hashed import is_hashed as is_hashed  # noqa: PLC0414 - part of this module's API
from deploy.site.manifest import Headers, Kind
from deploy.site.media_types import content_type as content_type  # noqa: PLC0414 - as above
from deploy.site.media_types import is_page

# RFC 8246: while it is fresh, browsers don't even revalidate on a reload. A year is the longest
# time that RFC 2616 allowed and caches are known to honour.
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
MIN_COMPRESSED = 1_000  # bytes
MAX_COMPRESSED_AT_EDGE = 10_000_000  # bytes
# Of that page's list, what `media_types` uses. Woff and woff2 are compressed in themselves.
COMPRESSED_AT_EDGE = frozenset(
    {
        "application/dash+xml",
        "application/json",
        "application/pdf",
        "application/rss+xml",
        "application/vnd.apple.mpegurl",
        "application/vnd.mapbox-vector-tile",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/xhtml+xml",
        "application/xml",
        "font/otf",
        "font/ttf",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/tab-separated-values",
    }
)
# What else usually loses a tenth or more, and CloudFront leaves as it is.
COMPRESSIBLE = COMPRESSED_AT_EDGE | {
    "application/atom+xml",
    "application/geo+json",
    "application/ld+json",
    "application/manifest+json",
    "application/yaml",
    "font/collection",
    "image/bmp",
    "image/x-icon",
    "model/gltf+json",
    "model/gltf-binary",
    "model/obj",
    "model/stl",
    "text/calendar",
    "text/markdown",
    "text/vcard",
    "text/vtt",
}
# A compressed body is held in memory while it is sent.
MAX_COMPRESSED_HERE = 100 << 20  # bytes


def headers_for(key: str, size: int, cache: Mapping[str, str]) -> tuple[Headers, Kind]:  # noqa: ARG001
    """Return a file's headers, without a Content-Encoding, and its kind.

    `key` is its path below the output folder, `size` its bytes on disk; `cache` maps a glob
    pattern (in which "*" also matches "/") to a Cache-Control, and the first match counts. A file
    whose pattern doesn't say "immutable" is none, whatever its name.
    """
    media_type = content_type(key)
    control = _by_pattern(key, cache) if cache else None
    if is_page(media_type):
        return headers(media_type, control or REVALIDATED), "page"
    if is_hashed(key) and "immutable" in (control or IMMUTABLE):
        return headers(media_type, control or IMMUTABLE), "immutable"
    return headers(media_type, control or REVALIDATED), "stable"


@lru_cache(maxsize=1024)
def headers(content_type: str, cache_control: str, content_encoding: str = "") -> Headers:
    """Return one and the same value for the same three: a site has few, and many files."""
    return Headers(content_type, cache_control, content_encoding)


def _by_pattern(key: str, cache: Mapping[str, str]) -> str | None:
    for pattern, control in cache.items():
        if _compiled(pattern).match(key):
            return control
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.removeprefix("/")))


def compresses_at_edge(content_type: str, size: int) -> bool:
    """Say whether CloudFront compresses an object of this type and size (bytes) by itself."""
    within = MIN_COMPRESSED <= size <= MAX_COMPRESSED_AT_EDGE
    return within and _essence(content_type) in COMPRESSED_AT_EDGE


def compresses_here(content_type: str, size: int) -> bool:
    """Say whether storing a file compressed may pay: compressible, but not at the edge.

    `size` in bytes, uncompressed.
    """
    if not MIN_COMPRESSED <= size <= MAX_COMPRESSED_HERE:
        return False
    return _essence(content_type) in COMPRESSIBLE and not compresses_at_edge(content_type, size)


def _essence(content_type: str) -> str:
    """The type without its parameters (https://mimesniff.spec.whatwg.org/#mime-type-essence)."""
    return content_type.partition(";")[0]
