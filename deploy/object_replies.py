"""What S3's replies say of objects in any bucket, as values. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as ListObjectsV2 has it. `modified` in Unix seconds, by the server's clock."""

    key: str
    size: int
    etag: str
    modified: float


@dataclass(frozen=True, slots=True)
class Page:
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
        tuple(_listed(item, space, encoded) for item in root.iterfind(f"{space}Contents")),
        (root.findtext(f"{space}NextContinuationToken") or "") if truncated else "",
    )


def _listed(item: ET.Element, space: str, encoded: bool) -> Listed:  # noqa: FBT001
    key = item.findtext(f"{space}Key") or ""
    return Listed(
        unquote_plus(key) if encoded else key,
        int(item.findtext(f"{space}Size") or 0),
        item.findtext(f"{space}ETag") or "",
        datetime.fromisoformat(item.findtext(f"{space}LastModified") or "").timestamp(),
    )


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
