"""A run's hold of the lock: asked before each write, waited for visibly, always let go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import pytest

from deploy.errors import LockedError, LockLostError, ToolError
from deploy.events import Event, Note, PhaseEnded, PhaseProgress, PhaseStarted
from deploy.release import hold
from deploy.release.hold import Hold, Queue, locked
from deploy.release.lock import KEY, LEASE, Holder, Lock, claim, free, freeze, serialize

ADA, BEN = Holder("1", "ada", "laptop"), Holder("2", "ben", "ci")
Change = Callable[[Lock], Lock | None]


@dataclass(frozen=True)
class Stored:
    body: bytes
    etag: str


@dataclass
class Memory:
    """A bucket of one object, whose conditional writes can be overtaken or fail."""

    stored: Stored | None = None
    reads: int = 0
    writes: int = 0
    down: bool = False
    before_write: list[Callable[[], None]] = field(default_factory=list)

    def get(self, key: str) -> Stored | None:
        assert key == KEY
        if self.down:
            raise ToolError("S3 cannot be reached")
        self.reads += 1
        return self.stored

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        assert (key, content_type) == (KEY, "application/json")
        if self.before_write:
            self.before_write.pop()()
        if etag != (self.stored.etag if self.stored else None):
            return None
        self.writes += 1
        self.stored = Stored(body, str(self.writes))
        return self.stored.etag

    def change(self, change: Change) -> None:
        """Write as somebody else does."""
        wanted = change(hold.read(self))
        assert wanted
        self.writes += 1
        self.stored = Stored(serialize(wanted), str(self.writes))

    @property
    def lock(self) -> Lock:
        return hold.read(self)


@dataclass
class Played:
    """One bucket and its time. `asleep` is how long the machine's monotonic clock stood still."""

    objects: Memory = field(default_factory=Memory)
    time: float = 1000.0
    asleep: float = 0.0
    events: list[Event] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    meanwhile: dict[int, Callable[[], None]] = field(default_factory=dict)

    def clock(self) -> float:
        return self.time - self.asleep

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        self.meanwhile.get(len(self.sleeps), lambda: None)()

    def locked(self, who: Holder = ADA, wait: float = 0) -> AbstractContextManager[Hold]:
        queue = Queue(self.events.append, wait, self.clock, self.now, self.sleep)
        return locked(self.objects, queue, who=who, reason="deploy")

    def taken_by(self, who: Holder) -> None:
        self.objects.change(lambda lock: claim(lock, who, self.time, reason="deploy", lease=LEASE))


@pytest.fixture
def played() -> Played:
    return Played()


def test_the_lock_is_held_in_the_block_and_free_after_it(played: Played) -> None:
    with played.locked() as held:
        assert (played.objects.lock.holder, held.token) == (ADA, 1)
    assert played.objects.lock == Lock(1)
    assert played.events == []
    with played.locked(BEN) as held:
        assert held.token == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, ToolError("no"), LockedError("a site")])
def test_whatever_ends_the_block_lets_the_lock_go(played: Played, error: BaseException) -> None:
    with pytest.raises(BaseException), played.locked():  # noqa: B017 - any of them
        raise error
    assert played.objects.lock == Lock(1)


def test_ctrl_c_while_the_claim_is_written_lets_the_lock_go(played: Played) -> None:
    """The write may have been done although its reply was not awaited."""

    def written_and_interrupted() -> None:
        played.taken_by(ADA)
        raise KeyboardInterrupt

    played.objects.before_write = [written_and_interrupted]
    with pytest.raises(KeyboardInterrupt), played.locked():
        pass
    assert played.objects.lock == Lock(1)


def test_without_waiting_a_held_lock_is_refused_at_once(played: Played) -> None:
    played.taken_by(BEN)
    with pytest.raises(LockedError, match="ben@ci, deploy"), played.locked():
        pass
    assert played.sleeps == []
    assert played.events == []
    assert played.objects.lock.holder == BEN


def test_a_run_that_is_overtaken_in_its_claim_is_refused(played: Played) -> None:
    played.objects.before_write = [lambda: played.taken_by(BEN)]
    with pytest.raises(LockedError, match="ben@ci"), played.locked():
        pass


def test_waiting_is_shown_and_ends_when_the_other_lets_go(played: Played) -> None:
    played.taken_by(BEN)
    played.time += 30
    played.meanwhile = {2: lambda: played.objects.change(free)}
    with played.locked(wait=600) as held:
        assert held.token == 2
    started, first, *_, ended = played.events
    assert started == PhaseStarted("lock", "up to 10 min")
    assert first == PhaseProgress("lock", "waiting for ben@ci, deploy since 30 s")
    assert isinstance(ended, PhaseEnded)
    assert ended.ok
    assert ended.seconds == pytest.approx(sum(played.sleeps))


def test_waiting_is_bounded(played: Played) -> None:
    played.objects.change(lambda lock: freeze(lock, BEN, played.time, reason="holidays"))
    with pytest.raises(LockedError, match="holidays"), played.locked(wait=30):
        pass
    assert sum(played.sleeps) == pytest.approx(30)
    assert isinstance(played.events[-1], PhaseEnded)
    assert not played.events[-1].ok
    assert played.objects.lock.holder == BEN


def test_a_killed_runs_lock_is_taken_over_when_its_lease_has_ended(played: Played) -> None:
    played.taken_by(BEN)
    with played.locked(wait=600) as held:
        assert held.token == 2
    assert LEASE < sum(played.sleeps) < LEASE + 6
    note = played.events[-1]
    assert isinstance(note, Note)
    assert "ben@ci (deploy) ended without letting the lock go" in note.text


def test_a_check_asks_nothing_while_the_lease_is_long_enough(played: Played) -> None:
    with played.locked() as held:
        asked = played.objects.reads
        played.time += LEASE / 2
        held.check()
        assert played.objects.reads == asked


def test_a_check_renews_a_short_lease(played: Played) -> None:
    with played.locked() as held:
        played.time += LEASE * 0.7
        held.check()
        assert played.objects.lock.until == played.time + LEASE


def test_a_machine_that_slept_finds_the_lock_taken(played: Played) -> None:
    """Its monotonic clock stood still meanwhile."""
    with played.locked() as held:
        played.time += 1000
        played.asleep += 1000
        played.taken_by(BEN)
        with pytest.raises(LockLostError, match="stopped before its next write") as caught:
            held.check()
        with pytest.raises(LockLostError):
            held.check()
    assert caught.value.exit_code == 5
    assert played.objects.lock.holder == BEN


def test_a_lease_that_ended_while_nobody_wanted_the_lock_is_renewed(played: Played) -> None:
    with played.locked() as held:
        played.time += 1000
        held.check()
        assert played.objects.lock.until == played.time + LEASE
        assert held.token == 1


def test_who_cannot_renew_does_not_write(played: Played) -> None:
    with played.locked() as held:
        played.time += LEASE
        played.objects.down = True
        with pytest.raises(ToolError, match="cannot be reached"):
            held.check()
        played.objects.down = False
        held.check()


def test_a_lock_that_was_released_by_force_is_lost_with_the_next_renewal(played: Played) -> None:
    with played.locked() as held:
        played.objects.change(free)
        played.time += LEASE
        with pytest.raises(LockLostError):
            held.check()
    assert played.objects.lock == Lock(1)


def test_nothing_may_be_written_once_the_lock_was_let_go(played: Played) -> None:
    with played.locked() as held:
        pass
    asked = played.objects.reads
    with pytest.raises(LockLostError):
        held.check()
    assert played.objects.reads == asked


def test_a_lock_that_cannot_be_let_go_ends_by_itself(played: Played) -> None:
    with played.locked():
        played.objects.down = True
    assert isinstance(played.events[-1], Note)
    assert "ends by itself in 60 s" in played.events[-1].text
