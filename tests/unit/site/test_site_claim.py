"""The pointer is changed by compare-and-swap, and a hold that ended is noticed."""

import threading

import pytest

from deploy.errors import LockedError, ToolError
from deploy.objects import Got
from deploy.site.claim import Hold, LostError, leased, read, swap
from deploy.site.pointer import Pointer, Run, hold, parse, serialize

LIVE = "20261122T081512Z-3f9a1c2"
MINE, OTHER = Run("1", "me", "here"), Run("2", "you", "there")


class Store:
    """A bucket with one object. `rivals` are written just before this many of our writes."""

    name = "bucket"

    def __init__(self, pointer: Pointer | None) -> None:
        self.body = serialize(pointer) if pointer else None
        self.etag = 0
        self.rivals: list[Pointer] = []
        self.broken = False
        self.lock = threading.Lock()

    def get(self, key: str) -> Got | None:
        with self.lock:
            return Got(self.body, str(self.etag)) if self.body else None

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        if self.broken:
            raise ToolError("no network")
        with self.lock:
            if self.rivals:
                self._write(serialize(self.rivals.pop(0)))
            if etag != (str(self.etag) if self.body else None):
                return None
            self._write(body)
            return str(self.etag)

    def _write(self, body: bytes) -> None:
        self.body = body
        self.etag += 1

    @property
    def pointer(self) -> Pointer:
        assert self.body
        return parse(self.body)


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def holding(store: Store, time: Time, lease: float = 60.0) -> Hold:
    return Hold(store, MINE, time, lease)  # type: ignore[arg-type]


def taken(pointer: Pointer | None) -> Pointer | None:
    return hold(pointer, MINE, 1000.0) if pointer else None


def test_nothing_published_is_no_pointer() -> None:
    assert read(Store(None)) is None  # type: ignore[arg-type]


def test_a_swap_that_loses_looks_again() -> None:
    store = Store(Pointer(LIVE))
    store.rivals = [Pointer(LIVE, pending=("/a",))]
    seen: list[Pointer | None] = []

    def change(pointer: Pointer | None) -> Pointer | None:
        seen.append(pointer)
        return pointer._replace(pruned=1.0) if pointer else None

    written = swap(store, change)  # type: ignore[arg-type]
    assert written == store.pointer == Pointer(LIVE, pending=("/a",), pruned=1.0)
    assert len(seen) == 2


def test_a_swap_that_never_wins_ends() -> None:
    store = Store(Pointer(LIVE))
    store.rivals = [Pointer(LIVE, pruned=float(number)) for number in range(1000)]
    with pytest.raises(ToolError, match="changes all the time"):
        swap(store, lambda pointer: pointer)  # type: ignore[arg-type]


def test_a_swap_may_decide_to_write_nothing() -> None:
    store = Store(Pointer(LIVE))
    assert swap(store, lambda _: None) is None  # type: ignore[arg-type]
    assert store.etag == 0


def test_a_hold_locks_others_out_for_its_lease() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time, lease=5)
    assert held.take(taken)
    with pytest.raises(LockedError):
        hold(store.pointer, OTHER, 1004.0)
    assert hold(store.pointer, OTHER, 1005.5).run


def test_a_hold_is_renewed_before_a_write_that_may_outlast_it() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time)
    held.take(taken)
    time.now += 39
    held.check()
    assert store.etag == 1
    time.now += 2
    held.check()
    assert held.until == time.now + 60
    time.now += 10_000  # asleep, and nobody took the site
    held.check()
    assert store.pointer.run
    assert store.pointer.run.lease_until == time.now + 60


def test_a_hold_that_ended_and_was_taken_over_is_lost() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time)
    held.take(taken)
    time.now += 61
    theirs = hold(store.pointer, OTHER, time.now)
    store.body = serialize(theirs)
    for _ in range(2):
        with pytest.raises(LostError):
            held.check()
    assert store.pointer == theirs


def test_a_hold_that_cannot_be_renewed_is_an_error() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time)
    held.take(taken)
    store.broken = True
    time.now += 61
    with pytest.raises(ToolError):
        held.check()


def test_a_renewal_that_comes_late_does_not_undo_the_end() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time)
    held.take(taken)
    with held.kept():
        pass
    held.abandon()
    held._renew()
    assert hold(store.pointer, OTHER, time.now).run


def renewed(store: Store, held: Hold, time: Time) -> threading.Event:
    """Let time pass until the hold was renewed in the background, or is lost."""
    done = threading.Event()
    before = held.until

    def watch() -> None:
        while not held.lost and held.until == before:
            pass
        done.set()

    threading.Thread(target=watch, daemon=True).start()
    return done


def test_a_hold_is_renewed_in_the_background() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time, lease=0.3)
    held.take(taken)
    time.now += 0.2
    with held.kept():
        assert renewed(store, held, time).wait(10)
        held.check()
    assert store.pointer.run
    assert store.pointer.run.lease_until == pytest.approx(time.now + 0.3)


def test_a_site_that_another_run_took_over_is_lost() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time, lease=0.3)
    held.take(taken)
    theirs = leased(hold(Pointer(LIVE), OTHER, 2000.0), 3000.0)
    store.rivals = [theirs] if theirs else []
    with held.kept():
        assert renewed(store, held, time).wait(10)
        with pytest.raises(LostError):
            held.check()
    assert store.pointer == theirs


def test_an_abandoned_site_is_free_at_once() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time)
    held.take(taken)
    held.abandon()
    assert hold(store.pointer, OTHER, time.now).run


def test_abandoning_leaves_what_is_another_runs() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    theirs = hold(Pointer(LIVE), OTHER, 1000.0)
    store.body = serialize(theirs)
    holding(store, time).abandon()
    assert store.pointer == theirs


def test_abandoning_without_a_network_is_no_second_error() -> None:
    store, time = Store(Pointer(LIVE)), Time()
    held = holding(store, time)
    held.take(taken)
    store.broken = True
    held.abandon()
