"""The lock in the bucket, changed by compare-and-swap, and a run's hold of it."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from deploy.errors import LockLostError, ShipwayError, ToolError
from deploy.events import Emit, Note, PhaseEnded, PhaseProgress, PhaseStarted
from deploy.release.lock import (
    KEY,
    LEASE,
    Holder,
    Lock,
    ago,
    claim,
    described,
    left_behind,
    parse,
    refusal,
    release,
    renew,
    serialize,
)
from deploy.release.lock import freeze as frozen

PHASE = "lock"
LOOK = 2.0  # seconds, on average, between two looks at a lock that another run holds
PATIENCE = 3.0  # seconds that the end of a hold waits for a renewal under way
ATTEMPTS = 50  # at one swap: each that is lost was won by another run

Change = Callable[[Lock], Lock | None]
Swapped = tuple[Lock, Lock | None]  # what was there, and what was written


class Object(Protocol):
    """A small object that was read, with the ETag that a conditional write of it needs."""

    @property
    def body(self) -> bytes: ...
    @property
    def etag(self) -> str: ...


class Objects(Protocol):
    """What the lock needs of a bucket. `put_if` returns None if another writer was first."""

    def get(self, key: str) -> Object | None: ...
    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None: ...


def read(objects: Objects) -> Lock:
    """Return the environment's lock as it is."""
    got = objects.get(KEY)
    return parse(got.body if got else None)


def swap(objects: Objects, change: Change) -> Swapped:
    """Put `change(what is there)` in its place, again if another run was faster.

    Returns what was there and what was written; if `change` returns None, nothing was.
    """
    for _ in range(ATTEMPTS):
        got = objects.get(KEY)
        found = parse(got.body if got else None)
        wanted = change(found)
        etag = got.etag if got else None
        if wanted is None or objects.put_if(KEY, serialize(wanted), "application/json", etag):
            return found, wanted
    raise ToolError(f"{KEY} changes all the time", remedy="see which other runs there are")


class Hold:
    """A run's hold of the lock, by leases of `lease` seconds.

    `clock` is monotonic; `now` gives the server's Unix seconds, such as SignedHttp.server_time.
    `check` may be called from any thread.
    """

    def __init__(
        self,
        objects: Objects,
        who: Holder,
        *,
        lease: float,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self.objects, self.who, self.lease = objects, who, lease
        self.clock, self.now = clock, now
        self.token = 0  # the fencing token, once the lock is held
        self.lost = False
        self._claimed = False  # maybe: the reply may be lost
        self._asked = (0.0, 0.0)  # the times before the last claim or renewal that succeeded
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def check(self) -> None:
        """See that the lock is held long enough for one more write. Called before each.

        A third of the lease is left for that write: the lease is renewed when two thirds are left,
        and here if that did not happen, as after this process was stopped. Raises LockLostError if
        another run has the lock or it was let go, ToolError if that can't be told.
        """
        while self._is_short():
            with self._lock:
                if self._is_short():
                    self._renew()
        if self.lost or self._ended.is_set():
            raise LockLostError(
                "this run does not hold the environment's lock any more, and stopped before its "
                "next write",
                remedy="see who has it: `invoke lock.status`; then run this again",
            )

    def take(self, reason: str) -> Swapped:
        """Claim the lock. Returns what was there, and the lock if it is held now, else None."""
        asked = self._times()

        def change(lock: Lock) -> Lock | None:
            wanted = claim(lock, self.who, self.now(), reason=reason, lease=self.lease)
            self._claimed = self._claimed or wanted is not None
            return wanted

        before, taken = swap(self.objects, change)
        if taken:
            self.token, self._asked = taken.token, asked
        return before, taken

    def release(self) -> bool:
        """Let the lock go, if it is still held. False if that could not be done."""
        self._ended.set()
        try:
            if self._claimed:
                swap(self.objects, lambda lock: release(lock, self.who))
        except ShipwayError:
            return False
        return True

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease in the background while the block runs."""
        thread = threading.Thread(target=self._keep, name=PHASE, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(PATIENCE)

    def _keep(self) -> None:
        while not self.lost and not self._ended.wait(self.lease / 3):
            with suppress(ShipwayError), self._lock:  # tried again, and by `check`
                self._renew()

    def _renew(self) -> None:
        asked = self._times()

        def change(lock: Lock) -> Lock | None:
            if self._ended.is_set():
                return None  # let go in the meantime: that must not be undone
            return renew(lock, self.who, self.now(), lease=self.lease)

        _, renewed = swap(self.objects, change)
        if renewed:
            self._asked = asked
        else:
            self.lost = True

    def _is_short(self) -> bool:
        ended = self.lost or self._ended.is_set()
        return not ended and self._held_for() >= self.lease * 2 / 3

    def _held_for(self) -> float:
        """Return the seconds since the lease began, at least: a monotonic clock stands still while
        the machine sleeps, and the other one may be set back.
        """
        return max(now - then for now, then in zip(self._times(), self._asked, strict=True))

    def _times(self) -> tuple[float, float]:
        return self.clock(), self.now()


@dataclass
class Queue:
    """A run's wait for the lock: visible, and `wait` seconds at most, counted from here on.

    Clocks as in `Hold`.
    """

    emit: Emit
    wait: float
    clock: Callable[[], float]
    now: Callable[[], float]
    sleep: Callable[[float], None]
    environment: str = "local"
    waiting: bool = False

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def waited(self) -> float:
        return self.clock() - self.started

    def take(self, attempt: Callable[[], Swapped], who: Holder) -> Lock:
        """Return the lock once an attempt got it, or raise LockedError."""
        while True:
            before, taken = attempt()
            if taken:
                self._taken(before, who)
                return taken
            if self.waited >= self.wait:
                raise self._refused(before)
            self._show(before)
            look = LOOK * random.uniform(0.5, 1.5)  # noqa: S311 - so that not all look at once
            self.sleep(max(0.0, min(look, self.wait - self.waited)))

    def _show(self, lock: Lock) -> None:
        if not self.waiting:
            self.waiting = True
            self.emit(PhaseStarted(PHASE, f"up to {ago(self.wait)}"))
        self.emit(PhaseProgress(PHASE, f"waiting for {described(lock, self.now())}"))

    def _taken(self, before: Lock, who: Holder) -> None:
        if self.waiting:
            self.emit(PhaseEnded(PHASE, ok=True, seconds=self.waited, detail="taken"))
        other = left_behind(before, self.now())
        if other and other.id != who.id:
            cut_off = f"{other.name} ({before.reason}) ended without letting the lock go"
            self.emit(Note(f"{cut_off}; its lease has ended", "warning"))

    def _refused(self, lock: Lock) -> ShipwayError:
        if self.waiting:
            self.emit(PhaseEnded(PHASE, ok=False, seconds=self.waited, detail="held by another"))
        return refusal(lock, self.now(), self.environment)


@contextmanager
def locked(
    objects: Objects, queue: Queue, *, who: Holder, reason: str, lease: float = LEASE
) -> Iterator[Hold]:
    """Hold the environment's lock while the block runs, whatever ends it.

    Waits in `queue` for another holder; then raises LockedError, which names it. Before each write
    in the block, call `hold.check()`; `hold.token` tells this hold from others. `lease` in seconds.
    """
    hold = Hold(objects, who, lease=lease, clock=queue.clock, now=queue.now)
    try:
        queue.take(lambda: hold.take(reason), who)
        with hold.kept():
            yield hold
    finally:
        if not hold.release():
            ends = f"it ends by itself in {lease:.0f} s"
            queue.emit(Note(f"the lock was not let go; {ends}", "warning"))


def freeze(objects: Objects, queue: Queue, *, who: Holder, reason: str) -> Lock:
    """Hold the environment's lock for `who` until it is let go; return it.

    Waits, and raises LockedError, as `locked` does.
    """

    def attempt() -> Swapped:
        return swap(objects, lambda lock: frozen(lock, who, queue.now(), reason=reason))

    return queue.take(attempt, who)
