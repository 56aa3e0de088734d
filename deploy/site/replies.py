"""What S3's replies say, as the site's values. Pure."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

from deploy.object_replies import namespace
from deploy.site.manifest import Head, Headers

SHA256 = "x-amz-meta-sha256"


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
    space = namespace(root)
    modified = datetime.fromisoformat(root.findtext(f"{space}LastModified") or "")
    return root.findtext(f"{space}ETag") or "", modified.timestamp()
