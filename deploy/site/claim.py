"""The pointer in the bucket, changed by compare-and-swap, and a run's hold of the site."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from deploy.errors import ShipwayError, ToolError
from deploy.site.bucket import Bucket
from deploy.site.manifest import POINTER_KEY
from deploy.site.pointer import Pointer, Run, parse, released, renew, serialize

Change = Callable[[Pointer | None], Pointer | None]

PATIENCE = 3.0  # seconds that the end of a hold waits for a renewal under way
ATTEMPTS = 50  # at one swap: each that is lost was won by another run


class LostError(ShipwayError):
    """Another run has taken the site over, after this one's lease had ended."""


def read(bucket: Bucket) -> Pointer | None:
    """Return the site's pointer, None if nothing was ever published here."""
    got = bucket.get(POINTER_KEY)
    return parse(got.body) if got else None


def swap(bucket: Bucket, change: Change) -> Pointer | None:
    """Put `change(what is there)` in its place, again if another run was faster.

    Returns what was written; None, and writes nothing, if `change` returns None. What `change`
    raises is raised.
    """
    for _ in range(ATTEMPTS):
        got = bucket.get(POINTER_KEY)
        wanted = change(parse(got.body) if got else None)
        if wanted is None:
            return None
        etag = got.etag if got else None
        if bucket.put_if(POINTER_KEY, serialize(wanted), "application/json", etag):
            return wanted
    raise ToolError(
        f"{POINTER_KEY} in bucket {bucket.name} changes all the time",
        remedy="see which other runs deploy this site, and run it again",
    )


def leased(pointer: Pointer | None, until: float) -> Pointer | None:
    """Return a claimed pointer with its lease ending at `until` (Unix seconds; 0: let go)."""
    if pointer is None or pointer.run is None:
        return pointer
    return pointer._replace(run=pointer.run._replace(lease_until=until))


class Hold:
    """A run's hold of a site. `lease` in seconds; `now` gives Unix seconds."""

    def __init__(self, bucket: Bucket, run: Run, now: Callable[[], float], lease: float) -> None:
        self.bucket, self.run, self.now, self.lease = bucket, run, now, lease
        self.until = now() + lease
        self.lost = False
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def check(self) -> None:
        """See that the site is held long enough for one more write. Called before each.

        A third of the lease is left for that write: the lease is renewed when two thirds are left,
        and here if that did not happen, as after this machine was asleep. Raises LostError if
        another run has taken the site over, ToolError if that can't be told.
        """
        if self._is_short():
            with self._lock:
                if self._is_short():
                    self._renew()
        if self.lost:
            raise LostError("another run has taken this site over")

    def _is_short(self) -> bool:
        return not self.lost and self.now() >= self.until - self.lease / 3

    def take(self, change: Change) -> Pointer | None:
        """Claim the site by `change`, which is such as `pointer.claim`; None if it says so."""
        until = self.now() + self.lease
        taken = swap(self.bucket, lambda pointer: leased(change(pointer), until))
        self.until = until
        return taken

    def _renew(self) -> None:
        until = self.now() + self.lease

        def change(pointer: Pointer | None) -> Pointer | None:
            if pointer is None or self._ended.is_set():
                return None  # let go in the meantime: that must not be undone
            return leased(renew(pointer, self.run, self.now()), until)

        if swap(self.bucket, change):
            self.until = until
        else:
            self.lost = True

    def _keep(self) -> None:
        while not self.lost and not self._ended.wait(self.lease / 3):
            with suppress(ShipwayError), self._lock:  # tried again, and by `check`
                self._renew()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease in the background while the block runs."""
        thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(PATIENCE)

    def abandon(self) -> None:
        """Let the site go in the state in which it is, so that the next run need not wait."""

        def change(pointer: Pointer | None) -> Pointer | None:
            return released(pointer, self.run) if pointer else None

        with suppress(ShipwayError):  # the lease ends by itself
            swap(self.bucket, change)
