"""What the benchmark's S3 server keeps: versioned objects in memory, and the lists made of them.

A measuring instrument: it answers as S3 does as far as the measured tools ask, and checks neither
a signature nor a checksum. That Shipway is *right* is tested against the local cloud.
"""

import bisect
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import md5
from urllib.parse import quote
from xml.sax.saxutils import escape

PAGE = 1000  # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
_versions = itertools.count(1)


@dataclass(slots=True, frozen=True)
class Object:
    """One version of an object: `headers` are served with it, `modified` is in Unix seconds."""

    body: bytes
    etag: str
    version: str
    modified: int
    headers: Mapping[str, str]


def stored(body: bytes, headers: Mapping[str, str]) -> Object:
    """Return the body as a new version, of now, with the MD5 as its ETag."""
    digest = md5(body, usedforsecurity=False).hexdigest()
    return Object(body, f'"{digest}"', f"v{next(_versions):010d}", int(time.time()), headers)


@dataclass(slots=True)
class Bucket:
    """One versioned bucket: what is live by key, and every version by key and version."""

    objects: dict[str, Object] = field(default_factory=dict)
    versions: dict[tuple[str, str], Object] = field(default_factory=dict)
    order: list[str] | None = None  # the sorted keys, until a key comes or goes

    def put(self, key: str, value: Object) -> None:
        if key not in self.objects:
            self.order = None
        self.objects[key] = value
        self.versions[key, value.version] = value

    def get(self, key: str, version: str = "") -> Object | None:
        return self.versions.get((key, version)) if version else self.objects.get(key)

    def delete(self, key: str, version: str = "") -> None:
        """Delete one version for good; without one, hide the key (its versions stay)."""
        if version:
            self.versions.pop((key, version), None)
        current = self.objects.get(key)
        if current and version in ("", current.version):
            del self.objects[key]
            self.order = None

    def clone(self, without: str) -> "Bucket":
        """Return a bucket with the same objects, but for those whose key starts with `without`."""
        kept = {key: value for key, value in self.objects.items() if not key.startswith(without)}
        return Bucket(kept, {(key, value.version): value for key, value in kept.items()})

    def page(self, name: str, query: Mapping[str, str]) -> bytes:
        """Return one page of ListObjectsV2, or of ListObjects (the old one), as XML."""
        prefix, size = query.get("prefix", ""), min(int(query.get("max-keys", PAGE)), PAGE)
        found = self._after(query, prefix, size + 1)
        keys, truncated = found[:size], len(found) > size
        coded = quote if query.get("encoding-type") == "url" else escape
        rows = "".join([_row(coded(key), self.objects[key]) for key in keys])
        return (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{name}</Name><Prefix>{coded(prefix)}</Prefix><KeyCount>{len(keys)}</KeyCount>"
            f"<MaxKeys>{size}</MaxKeys><IsTruncated>{str(truncated).lower()}</IsTruncated>"
            f"{_next(keys[-1], coded) if truncated else ''}{rows}</ListBucketResult>"
        ).encode()

    def _after(self, query: Mapping[str, str], prefix: str, count: int) -> list[str]:
        if self.order is None:
            self.order = sorted(self.objects)  # by code points, which is UTF-8's order as well
        after = max(query.get(word, "") for word in ("continuation-token", "start-after", "marker"))
        start = bisect.bisect_right(self.order, after) if after else 0
        start = max(start, bisect.bisect_left(self.order, prefix))
        found = self.order[start : start + count]
        return [key for key in found if key.startswith(prefix)] if prefix else found


def _row(key: str, value: Object) -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>{iso(value.modified)}</LastModified>"
        f"<ETag>&quot;{value.etag[1:-1]}&quot;</ETag><Size>{len(value.body)}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def _next(key: str, coded: Callable[[str], str]) -> str:
    return (
        f"<NextContinuationToken>{escape(key)}</NextContinuationToken>"
        f"<NextMarker>{coded(key)}</NextMarker>"
    )


@lru_cache
def iso(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))
