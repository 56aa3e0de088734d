"""The three-way join of build, bucket and live release, by key, in one pass. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from deploy.site.manifest import Entry, File, Listed


class Match(NamedTuple):
    """What build (`file`), bucket (`listed`) and live release (`entry`) have under one key."""

    key: str
    file: File | None
    listed: Listed | None
    entry: Entry | None


def merge(
    files: Iterable[File], listed: Iterable[Listed], entries: Iterable[Entry]
) -> Iterator[Match]:
    """Yield one match per key that any of the three has, in key order, in flat memory.

    All three must be sorted by key. Objects below `.shipway/` are left out of `listed`. Raises
    ValueError if one of the three is out of order: a join of such would delete what is needed.
    """
    raise NotImplementedError
