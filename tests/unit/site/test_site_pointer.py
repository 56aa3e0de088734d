"""The pointer's transitions: of any interleaving of two runs only one publishes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import LockedError, PreflightError
from deploy.site.pointer import (
    LEASE,
    Pointer,
    Run,
    claim,
    finished,
    hold,
    holder,
    interrupted,
    parse,
    published,
    released,
    renew,
    serialize,
)

ANA, BEN = Run("1", "ana", "laptop"), Run("2", "ben", "ci")
LIVE = Pointer(release="r1")
NOW = 1000.0


def claimed(pointer: Pointer | None = LIVE, run: Run = ANA, now: float = NOW) -> Pointer:
    found = claim(pointer, run, now, seen=pointer, next_release="r2")
    assert found
    return found


def test_what_is_serialized_is_parsed() -> None:
    pointer = Pointer("r1", "invalidating", "r2", ("/", "/a b"), ANA._replace(lease_until=5.0), 7.0)
    assert parse(serialize(pointer)) == pointer
    assert parse(serialize(Pointer())) == Pointer()


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format":1}', b"\xff", b"null"])
def test_a_damaged_pointer_is_refused(data: bytes) -> None:
    with pytest.raises(PreflightError, match="damaged"):
        parse(data)


def test_a_newer_pointer_is_refused() -> None:
    with pytest.raises(PreflightError, match="newer"):
        parse(b'{"format":2}')


def test_a_run_publishes_and_invalidates() -> None:
    pointer = claimed()
    assert interrupted(pointer)
    assert holder(pointer, NOW) == ANA._replace(lease_until=NOW + LEASE)
    pointer = published(pointer, ANA, "r2", ("/",)) or Pointer()
    assert (pointer.release, pointer.state, pointer.pending) == ("r2", "invalidating", ("/",))
    assert holder(pointer, NOW) is None
    pointer = finished(pointer, "r2") or Pointer()
    assert (pointer.release, pointer.state, pointer.pending) == ("r2", "live", ())


def test_with_nothing_to_invalidate_a_release_is_live_at_once() -> None:
    pointer = published(claimed(None), ANA, "r2", ())
    assert pointer
    assert pointer.state == "live"


def test_another_run_is_told_who_holds_the_site_and_how_long() -> None:
    with pytest.raises(LockedError, match="ana on laptop") as caught:
        claim(claimed(), BEN, NOW + 10, seen=LIVE, next_release="r3")
    assert caught.value.exit_code == 7
    assert "50 s" in caught.value.remedy


def test_a_run_that_was_killed_is_taken_over_by_one_that_saw_what_it_left() -> None:
    left = claimed()
    later = NOW + LEASE
    assert claim(left, BEN, later, seen=left, next_release="r3")
    assert claim(left, BEN, later, seen=LIVE, next_release="r3") is None


def test_the_run_that_was_taken_over_stops() -> None:
    taken = claimed(claimed(), BEN, NOW + LEASE)
    assert renew(taken, ANA, NOW + LEASE) is None
    assert published(taken, ANA, "r2", ()) is None
    assert released(taken, ANA) is None


def test_a_lost_reply_does_no_harm() -> None:
    """The same run asks again, and finds what it wrote itself."""
    assert claim(claimed(), ANA, NOW + 1, seen=LIVE, next_release="r2")
    done = published(claimed(), ANA, "r2", ("/",))
    assert done
    assert published(done, ANA, "r2", ("/",)) == done


def test_a_plan_is_void_when_another_run_published_or_pruned() -> None:
    other = published(claimed(run=BEN), BEN, "r9", ())
    assert claim(other, ANA, NOW, seen=LIVE, next_release="r2") is None
    held = hold(LIVE, BEN, NOW)
    assert claim(released(held, BEN), ANA, NOW, seen=LIVE, next_release="r2")
    pruned = released(held, BEN, pruned=NOW)
    assert claim(pruned, ANA, NOW, seen=LIVE, next_release="r2") is None


def test_the_end_of_an_invalidation_leaves_a_plan_as_it_is() -> None:
    seen = LIVE._replace(state="invalidating", pending=("/",))
    assert claim(finished(seen, "r1"), ANA, NOW, seen=seen, next_release="r2")


def test_the_paths_of_an_earlier_run_are_inherited() -> None:
    pointer = claimed(LIVE._replace(state="invalidating", pending=("/a", "/b")))
    assert finished(pointer, "r1") is None  # the earlier run must not drop them now
    done = published(pointer, ANA, "r2", ("/b", "/c"))
    assert done
    assert done.pending == ("/a", "/b", "/c")


def test_a_renewed_lease_holds_longer() -> None:
    renewed = renew(claimed(), ANA, NOW + 30)
    assert holder(renewed, NOW + LEASE + 29)
    assert not holder(renewed, NOW + LEASE + 30)


def test_pruning_waits_for_a_run_that_publishes_and_keeps_its_state() -> None:
    with pytest.raises(LockedError):
        hold(claimed(), BEN, NOW)
    left = hold(claimed(), BEN, NOW + LEASE)
    assert interrupted(released(left, BEN, pruned=NOW + LEASE))


class Site:
    """A bucket with one page, written by runs as they come to it, and its pointer."""

    def __init__(self) -> None:
        self.now, self.page, self.pointer = NOW, "r1", LIVE
        self.published: list[str] = []


class Publisher:
    """A run that plans, claims, writes its page, and publishes; one step at a time."""

    def __init__(self, site: Site, run: Run) -> None:
        self.site, self.run, self.release = site, run, f"by-{run.id}"
        self.steps = [self.plan, self.claim, self.write, self.publish]
        self.ended = ""

    def step(self) -> None:
        if self.steps and not self.ended:
            self.steps.pop(0)()

    def plan(self) -> None:
        self.seen = self.site.pointer
        self.differs = self.site.page != self.release

    def claim(self) -> None:
        site = self.site
        try:
            found = claim(
                site.pointer, self.run, site.now, seen=self.seen, next_release=self.release
            )
        except LockedError:
            self.ended = "locked"
            return
        self.ended = "" if found else "superseded"
        site.pointer = found or site.pointer

    def write(self) -> None:
        renewed = renew(self.site.pointer, self.run, self.site.now)
        self.ended = "" if renewed else "taken over"
        if renewed:
            self.site.pointer = renewed
            if self.differs:
                self.site.page = self.release

    def publish(self) -> None:
        found = published(self.site.pointer, self.run, self.release, ())
        self.ended = "published" if found else "taken over"
        if found:
            self.site.pointer = found
            self.site.published.append(self.release)


@given(st.lists(st.sampled_from(["ana", "ben", "wait"]), min_size=4, max_size=20))
def test_of_any_interleaving_what_is_live_is_what_is_there(turns: list[str]) -> None:
    """Two runs, one page: whoever is live wrote the page, however they overlap or stall."""
    site = Site()
    runs = {"ana": Publisher(site, ANA), "ben": Publisher(site, BEN)}
    for turn in turns:
        if turn == "wait":
            site.now += LEASE
        else:
            runs[turn].step()
        if site.pointer.state == "live":
            assert site.page == site.pointer.release
    assert site.published == [] or site.published[-1] == site.pointer.release
    planned_alike = runs["ana"].ended == runs["ben"].ended == "published"
    if planned_alike:  # then the second one planned from what the first had published
        assert len(set(site.published)) == 2
        second = runs["ana"] if site.published[1] == "by-1" else runs["ben"]
        assert second.seen.release == site.published[0]
