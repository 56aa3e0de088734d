"""The edge's cache, bounded in bytes."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from multidict import CIMultiDict

from localcloud.cdn.keys import Key

MEGABYTE = 1024 * 1024
_OVERHEAD = 1024  # bytes; what headers and key take, roughly


@dataclass(frozen=True)
class Stored:
    """A cached response. `since` and `until` are Unix times between which it is fresh.

    `validators` are the origin's own ETag and Last-Modified; the ETag that viewers get is weak if
    the edge compressed the object.
    """

    status: int
    reason: str
    headers: CIMultiDict[str]
    body: bytes
    since: float
    until: float
    validators: tuple[tuple[str, str], ...] = ()
    error: bool = False

    def fresh(self, now: float) -> bool:
        return now < self.until

    def renewed(self, headers: CIMultiDict[str], since: float, until: float) -> "Stored":
        """Return it as a 304 with `headers` confirms it. RFC 9111, section 3.2"""
        merged = self.headers.copy()
        kept = {"content-length", "content-encoding", "etag", "vary", "content-type"}
        for name in {name.lower() for name in headers} - kept:
            merged.popall(name, None)
            for value in headers.getall(name):
                merged.add(name.title(), value)
        return replace(self, headers=merged, since=since, until=until)


class Store:
    """Objects by key; the least recently used go when there are more than `limit` bytes.

    `generation` changes when something of a distribution is dropped: what was asked of the origin
    before that may be what was meant, and must not be put back.
    """

    def __init__(self, limit: int = 256 * MEGABYTE) -> None:
        self._limit = limit
        self._size = 0
        self._objects: OrderedDict[Key, Stored] = OrderedDict()
        self._generations: dict[str, int] = {}

    @property
    def size(self) -> int:
        """How many bytes are held."""
        return self._size

    def generation(self, distribution: str) -> int:
        return self._generations.get(distribution, 0)

    def get(self, key: Key) -> Stored | None:
        found = self._objects.get(key)
        if found:
            self._objects.move_to_end(key)
        return found

    def put(self, key: Key, stored: Stored, generation: int) -> None:
        """Keep an object, unless it was fetched in an earlier generation, or is too large."""
        self._remove(key)
        if generation != self.generation(key.distribution) or _bytes(stored) > self._limit:
            return
        self._objects[key] = stored
        self._size += _bytes(stored)
        while self._size > self._limit:
            self._remove(next(iter(self._objects)))

    def drop(self, distribution: str, named: Callable[[str], bool]) -> int:
        """Drop the distribution's objects whose path is `named`; return how many."""
        self._generations[distribution] = self.generation(distribution) + 1
        dropped = [
            key for key in self._objects if key.distribution == distribution and named(key.path)
        ]
        for key in dropped:
            self._remove(key)
        return len(dropped)

    def _remove(self, key: Key) -> None:
        found = self._objects.pop(key, None)
        self._size -= _bytes(found) if found else 0


def _bytes(stored: Stored) -> int:
    return len(stored.body) + _OVERHEAD
