"""What S3's replies say, as the site's values. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from deploy.site.manifest import Head, Headers, Listed

SHA256 = "x-amz-meta-sha256"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of ListObjectsV2. `token` asks for the next one, empty on the last."""

    objects: tuple[Listed, ...]
    token: str


def page(body: bytes) -> Page:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    root = ET.fromstring(body)  # noqa: S314 - a reply of AWS's, over TLS
    space = _namespace(root)
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


def head(headers: Mapping[str, str]) -> Head:
    """Read the headers of HeadObject's reply."""
    return Head(
        size=int(headers.get("content-length", 0)),
        etag=headers.get("etag", ""),
        version=version(headers),
        modified=parsedate_to_datetime(headers["last-modified"]).timestamp(),
        sha256=headers.get(SHA256, ""),
        headers=Headers(
            headers.get("content-type", ""),
            headers.get("cache-control", ""),
            headers.get("content-encoding", ""),
        ),
    )


def version(headers: Mapping[str, str]) -> str:
    """Return the object version of a reply, empty for a bucket that has no versions."""
    return headers.get("x-amz-version-id", "")


def copied(body: bytes) -> tuple[str, float]:
    """Return the ETag and the time (Unix seconds) of CopyObject's reply."""
    root = ET.fromstring(body)  # noqa: S314 - a reply of AWS's, over TLS
    space = _namespace(root)
    modified = datetime.fromisoformat(root.findtext(f"{space}LastModified") or "")
    return root.findtext(f"{space}ETag") or "", modified.timestamp()


def undeleted(body: bytes) -> Iterator[tuple[str, str, str, str]]:
    """Yield key, version, code and message of each object that DeleteObjects left.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    root = ET.fromstring(body)  # noqa: S314 - a reply of AWS's, over TLS
    space = _namespace(root)
    for item in root.iterfind(f"{space}Error"):
        key, code = item.findtext(f"{space}Key") or "", item.findtext(f"{space}Code") or ""
        version_id = item.findtext(f"{space}VersionId") or ""
        yield key, version_id, code, item.findtext(f"{space}Message") or ""


def _namespace(root: ET.Element) -> str:
    return root.tag[: root.tag.find("}") + 1]
