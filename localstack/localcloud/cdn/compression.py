"""Which objects an edge compresses.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
"""

import gzip

import brotli
from multidict import CIMultiDict

_STATUSES = frozenset((200, 403, 404))
_SMALLEST, LARGEST = 1_000, 10_000_000  # bytes
_QUALITY = 5  # of 11; AWS names none
_TYPES = frozenset(
    """
    application/dash+xml application/eot application/font application/font-sfnt
    application/javascript application/json application/opentype application/otf application/pdf
    application/pkcs7-mime application/protobuf application/rss+xml application/truetype
    application/ttf application/vnd.apple.mpegurl application/vnd.mapbox-vector-tile
    application/vnd.ms-fontobject application/wasm application/xhtml+xml application/xml
    application/x-font-opentype application/x-font-truetype application/x-font-ttf
    application/x-httpd-cgi application/x-javascript application/x-mpegurl application/x-opentype
    application/x-otf application/x-perl application/x-ttf
    font/eot font/opentype font/otf font/ttf image/svg+xml
    text/css text/csv text/html text/javascript text/js text/plain text/richtext
    text/tab-separated-values text/xml text/x-component text/x-java-source text/x-script
    vnd.apple.mpegurl
    """.split()  # noqa: SIM905
)


def compresses(status: int, headers: CIMultiDict[str]) -> bool:
    """Whether an origin's response is of those that an edge compresses."""
    length = headers.get("Content-Length", "")
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        status in _STATUSES
        and kind in _TYPES
        and "Content-Encoding" not in headers
        and length.isdigit()
        and _SMALLEST <= int(length) <= LARGEST
    )


def compressed(body: bytes, accepted: str) -> tuple[bytes, str]:
    """Return the body and its Content-Encoding for a normalized Accept-Encoding; brotli first."""
    if "br" in accepted:
        packed: bytes = brotli.compress(body, quality=_QUALITY)
        return packed, "br"
    return gzip.compress(body, _QUALITY, mtime=0), "gzip"


def mark(headers: CIMultiDict[str], encoding: str) -> None:
    """Make the headers those of the compressed object: its ETag is a weak one."""
    headers["Content-Encoding"] = encoding
    headers.popall("Content-Length", None)
    headers.popall("Accept-Ranges", None)
    tag = headers.get("ETag")
    if tag and not tag.startswith("W/"):
        headers["ETag"] = f"W/{tag}"


def vary(headers: CIMultiDict[str]) -> None:
    """Say that another Accept-Encoding may get another body."""
    named = ", ".join(headers.getall("Vary", ()))
    if "accept-encoding" not in named.lower():
        headers["Vary"] = f"{named}, Accept-Encoding" if named else "Accept-Encoding"
