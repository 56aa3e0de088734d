"""What S3's replies say of objects in any bucket, as values. Pure."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET


class Listed(NamedTuple):
    """One object as ListObjectsV2 has it. `modified` in Unix seconds, by the server's clock."""

    key: str
    size: int
    etag: str
    modified: float


class Page(NamedTuple):
    """A page of ListObjectsV2. `token` asks for the next one, empty on the last."""

    objects: tuple[Listed, ...]
    token: str


def page(body: bytes) -> Page:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    root = ET.fromstring(body)  # noqa: S314 - a reply of AWS's, over TLS
    space = namespace(root)
    encoded = root.findtext(f"{space}EncodingType") == "url"
    truncated = root.findtext(f"{space}IsTruncated") == "true"
    return Page(
        tuple(_listed(root, space, encoded=encoded)),
        (root.findtext(f"{space}NextContinuationToken") or "") if truncated else "",
    )


def _listed(root: ET.Element, space: str, *, encoded: bool) -> Iterator[Listed]:
    names = ("Key", "Size", "ETag", "LastModified")
    key_tag, size_tag, etag_tag, modified_tag = (f"{space}{name}" for name in names)
    for item in root.iterfind(f"{space}Contents"):
        key = item.findtext(key_tag) or ""
        yield Listed(
            unquote_plus(key) if encoded else key,
            int(item.findtext(size_tag) or 0),
            item.findtext(etag_tag) or "",
            _seconds(item.findtext(modified_tag) or ""),
        )


@lru_cache(maxsize=256)
def _seconds(time: str) -> float:
    """Return Unix seconds. Cached: objects that were stored together share their second."""
    return datetime.fromisoformat(time).timestamp()


def undeleted(body: bytes) -> Iterator[tuple[str, str, str, str]]:
    """Yield key, version, code and message of each object that DeleteObjects left.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    root = ET.fromstring(body)  # noqa: S314 - a reply of AWS's, over TLS
    space = namespace(root)
    for item in root.iterfind(f"{space}Error"):
        key, code = item.findtext(f"{space}Key") or "", item.findtext(f"{space}Code") or ""
        version_id = item.findtext(f"{space}VersionId") or ""
        yield key, version_id, code, item.findtext(f"{space}Message") or ""


def namespace(root: ET.Element) -> str:
    """Return the part of an element's tag that stands before its name, empty if there is none."""
    return root.tag[: root.tag.find("}") + 1]
