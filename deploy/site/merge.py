"""The three-way join of build, bucket and live release, by key, in one pass. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from deploy.object_replies import Listed
from deploy.site.manifest import OWN_PREFIX, Entry, File

T = TypeVar("T")


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

    All three must be sorted by key: by Unicode code points, which is the order of the UTF-8 bytes
    that S3 lists by. Objects below `.shipway/` are left out of `listed`. Raises ValueError if one
    of the three is out of order: a join of such would delete what is needed.
    """
    ours = _Sorted("the build", files, lambda file: file.key)
    others = (thing for thing in listed if not thing.key.startswith(OWN_PREFIX))
    theirs = _Sorted("the bucket", others, lambda thing: thing.key)
    live = _Sorted("the live release", entries, lambda entry: entry.file.key)
    while keys := [key for key in (ours.key, theirs.key, live.key) if key is not None]:
        key = min(keys)
        yield Match(key, ours.take(key), theirs.take(key), live.take(key))


class _Sorted(Generic[T]):
    """A sorted stream whose next item is known."""

    __slots__ = ("item", "items", "key", "key_of", "name")

    def __init__(self, name: str, items: Iterable[T], key_of: Callable[[T], str]) -> None:
        self.name, self.items, self.key_of = name, iter(items), key_of
        self.item = next(self.items, None)
        self.key = None if self.item is None else key_of(self.item)

    def take(self, key: str) -> T | None:
        """Return the next item and move on, if it has this key."""
        if self.key != key:
            return None
        taken, self.item = self.item, next(self.items, None)
        self.key = None if self.item is None else self.key_of(self.item)
        if self.key is not None and self.key <= key:
            raise ValueError(f"{self.name} is not sorted: {self.key!r} follows {key!r}")
        return taken
