"""The lock's transitions: of any interleaving of runs, only one holds it at a time."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.release.lock import (
    LEASE,
    SLACK,
    Holder,
    Lock,
    ago,
    claim,
    described,
    free,
    freeze,
    holder,
    left_behind,
    may_free,
    parse,
    refusal,
    release,
    renew,
    serialize,
    unforced,
)

ADA, BEN = Holder("1", "ada", "laptop"), Holder("2", "ben", "ci")
NOW = 1000.0


def held(by: Holder = ADA, now: float = NOW, lock: Lock | None = None) -> Lock:
    taken = claim(lock or Lock(), by, now, reason="deploy", lease=LEASE)
    assert taken
    return taken


def frozen(by: Holder = ADA) -> Lock:
    taken = freeze(Lock(), by, NOW, reason="a migration by hand")
    assert taken
    return taken


@pytest.mark.parametrize("lock", [Lock(), Lock(7), held(), frozen()])
def test_what_is_serialized_is_parsed(lock: Lock) -> None:
    assert parse(serialize(lock)) == lock


def test_before_the_first_deploy_the_lock_is_free() -> None:
    assert holder(parse(None), NOW) is None


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"format":1,"holder":3}', b"\xff", b"null", b'{"format":1}']
)
def test_a_damaged_lock_is_refused(data: bytes) -> None:
    with pytest.raises(PreflightError, match="damaged"):
        parse(data)


def test_a_newer_lock_is_refused() -> None:
    with pytest.raises(PreflightError, match="newer"):
        parse(b'{"format":2}')


def test_a_held_lock_is_nobody_elses() -> None:
    lock = held()
    assert holder(lock, NOW + LEASE) == ADA
    assert claim(lock, BEN, NOW + LEASE, reason="deploy", lease=LEASE) is None
    assert freeze(lock, BEN, NOW + LEASE, reason="mine") is None
    assert renew(lock, BEN, NOW, lease=LEASE) is None
    assert release(lock, BEN) is None


def test_a_killed_runs_lock_is_taken_over_with_a_higher_token() -> None:
    later = NOW + LEASE + SLACK
    left = held()
    assert left_behind(left, later) == ADA
    taken = held(BEN, later, left)
    assert (taken.token, taken.holder, taken.since) == (2, BEN, later)
    assert renew(taken, ADA, later, lease=LEASE) is None
    assert release(taken, ADA) is None


def test_a_renewed_lock_is_held_for_longer_under_the_same_token() -> None:
    lock = renew(held(), ADA, NOW + 40, lease=LEASE)
    assert lock
    assert holder(lock, NOW + 40 + LEASE) == ADA
    assert (lock.token, lock.since) == (1, NOW)


def test_a_lost_reply_does_no_harm() -> None:
    """The same run asks again, and finds what it wrote itself."""
    again = claim(held(), ADA, NOW + 1, reason="deploy", lease=LEASE)
    assert again
    assert again.token == 1
    let_go = release(held(), ADA)
    assert let_go == Lock(1)
    assert release(let_go, ADA) is None


def test_the_token_outlives_the_holder() -> None:
    lock = Lock()
    for token in range(1, 5):
        lock = held(lock=lock)
        assert lock.token == token
        lock = release(lock, ADA) or lock


def test_a_freeze_does_not_end_by_itself() -> None:
    lock = frozen()
    assert holder(lock, NOW + 1e9) == ADA
    assert claim(lock, BEN, NOW + 1e9, reason="deploy", lease=LEASE) is None


def test_a_freeze_holds_its_owners_deploys_too() -> None:
    assert claim(frozen(), ADA._replace(id="3"), NOW, reason="deploy", lease=LEASE) is None


def test_the_owner_of_a_freeze_may_give_another_reason() -> None:
    again = freeze(frozen(), ADA._replace(id="3"), NOW + 9, reason="still at it")
    assert again
    assert (again.reason, again.since, again.token) == ("still at it", NOW, 1)
    assert freeze(frozen(), BEN, NOW, reason="mine") is None


def test_who_may_let_the_lock_go_without_force() -> None:
    later = ADA._replace(id="3")
    assert may_free(frozen(), later, NOW)
    assert not may_free(frozen(), BEN, NOW)
    assert not may_free(held(), later, NOW)  # a run of one's own goes on
    assert may_free(held(), BEN, NOW + LEASE + SLACK)
    assert free(frozen()) == free(held()) == Lock(1)
    assert free(Lock(1)) is None


def test_a_refusal_names_owner_host_reason_and_the_way_to_wait() -> None:
    error = refusal(held(), NOW + 120, "prod")
    assert error.exit_code == 7
    assert error.message == "environment prod is locked: ada@laptop, deploy since 2 min"
    assert "--wait-for-lock" in error.remedy
    assert "lease ends in 42 s" in refusal(held(), NOW + 20, "prod").remedy


def test_a_freeze_says_why_and_which_command_ends_it() -> None:
    error = refusal(frozen(), NOW + 7200, "prod")
    assert "ada@laptop, freeze since 2 h: a migration by hand" in error.message
    assert "`invoke lock.release --env prod`" in error.remedy
    assert "`invoke lock.release --env prod --force`" in unforced(frozen(), NOW, "prod").remedy
    assert "stops before its next write" in unforced(held(), NOW, "local").remedy


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (7199, "1 h"),
        (86400, "1 day"),
        (200000, "2 days"),
    ],
)
def test_times_are_told_in_their_largest_unit(seconds: float, text: str) -> None:
    assert ago(seconds) == text


def test_nobody_is_described_too() -> None:
    assert described(Lock(3), NOW) == "nobody"


@dataclass
class Actor:
    """A run on a machine whose view of the server's clock is up to a second wrong."""

    who: Holder
    wrong: float
    seen: tuple[int, Lock, float] | None = None  # version, lock, when
    asked: float | None = None  # the time before its last claim or renewal that it knows of


@dataclass
class World:
    actors: list[Actor]
    time: float = NOW
    version: int = 0
    lock: Lock = field(default_factory=Lock)
    history: list[Lock] = field(default_factory=list)

    def do(self, actor: Actor, action: str) -> None:
        if action.startswith("read"):
            actor.seen = self.version, self.lock, self.time
        action = action.removeprefix("read, ")
        if action == "read":
            return
        if action == "force":
            self.write(actor, free(self.lock), self.version)
        elif actor.seen:
            version, lock, when = actor.seen
            now = self.time + actor.wrong
            kind = action.removesuffix(", reply lost")
            change = {
                "claim": claim(lock, actor.who, now, reason="deploy", lease=LEASE),
                "renew": renew(lock, actor.who, now, lease=LEASE),
                "release": release(lock, actor.who),
            }[kind]
            if kind == "release":
                actor.asked = None  # it writes no more, whatever comes of it
            written = self.write(actor, change, version)
            if written and kind != "release" and action == kind:
                actor.asked = when

    def write(self, actor: Actor, lock: Lock | None, version: int) -> bool:
        if lock is None or version != self.version:
            return False
        self.version, self.lock, actor.seen = self.version + 1, lock, None
        self.history.append(lock)
        return True

    def writers(self) -> list[Actor]:
        """Those that may have a write under way: begun in the first two thirds of the lease."""
        return [a for a in self.actors if a.asked is not None and self.time < a.asked + LEASE]


ACTIONS = [
    "read",
    "claim",
    "claim, reply lost",
    "renew",
    "renew, reply lost",
    "release, reply lost",
    "read, claim",
    "read, claim",
    "read, renew",
    "read, release",
]
worlds = st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=4).map(
    lambda wrongs: World([Actor(Holder(str(n), "x", "y"), w) for n, w in enumerate(wrongs)])
)


def steps(actions: list[str]) -> st.SearchStrategy[list[tuple[int, str, float]]]:
    waits = st.sampled_from([0.0, 0.0, 20.0, LEASE - 1, LEASE + SLACK])
    return st.lists(st.tuples(st.integers(0, 3), st.sampled_from(actions), waits), max_size=60)


@settings(max_examples=400)
@given(worlds, steps(ACTIONS))
def test_never_two_writers(world: World, played: list[tuple[int, str, float]]) -> None:
    for number, action, wait in played:
        world.time += wait
        world.do(world.actors[number % len(world.actors)], action)
        assert len(world.writers()) <= 1


@settings(max_examples=400)
@given(worlds, steps([*ACTIONS, "force"]))
def test_a_token_is_of_one_holder_and_grows(
    world: World, played: list[tuple[int, str, float]]
) -> None:
    for number, action, wait in played:
        world.time += wait
        world.do(world.actors[number % len(world.actors)], action)
    tokens = [lock.token for lock in world.history]
    assert tokens == sorted(tokens)
    owners: dict[int, str] = {}
    for lock in world.history:
        if lock.holder:
            assert owners.setdefault(lock.token, lock.holder.id) == lock.holder.id
