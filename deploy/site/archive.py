"""The releases' manifests in the bucket: read and written line by line, through a file."""

import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.errors import PreflightError
from deploy.site.bucket import Bucket
from deploy.site.manifest import (
    RELEASES_PREFIX,
    Entry,
    Release,
    manifest_key,
    read,
    release_of,
    write,
)

LEVEL = 2  # of gzip: a third of level 6's time for 6 % more bytes, as most of them are hashes
BLOCK = 1 << 17  # bytes handed to gzip and taken from it at a time; a line is 200


@contextmanager
def opened(bucket: Bucket, release: str) -> Iterator[tuple[Release | None, Iterator[Entry]]]:
    """Yield a release and its entries in key order; nothing for "", before the first release.

    Raises PreflightError if its manifest is gone or damaged.
    """
    if not release:
        yield None, iter(())
        return
    with ExitStack() as stack:
        path = Path(stack.enter_context(TemporaryDirectory())) / "manifest"
        if not bucket.download(manifest_key(release), path):
            raise PreflightError(
                f"the manifest of release {release} is gone from bucket {bucket.name}",
                remedy=f"bring back an earlier version of {manifest_key(release)}",
            )
        lines = io.BufferedReader(stack.enter_context(gzip.GzipFile(path)), BLOCK)
        yield read(stack.enter_context(lines))


def store(bucket: Bucket, release: Release, entries: Iterable[Entry]) -> None:
    """Write a release's manifest; `entries` are in key order, and streamed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "manifest"
        with path.open("wb") as raw:
            packed = gzip.GzipFile("", "wb", LEVEL, raw, mtime=0)
            with packed, io.BufferedWriter(packed, BLOCK) as lines:
                lines.writelines(write(release, entries))
        bucket.write(manifest_key(release.id), path, "application/gzip")


def releases(bucket: Bucket) -> tuple[str, ...]:
    """Return the ids of all releases whose manifests are in the bucket, the oldest first."""
    found = (release_of(listed.key) for listed in bucket.list(RELEASES_PREFIX))
    return tuple(sorted(release for release in found if release))
