"""Many rollouts as one: who may start, who is held back, and what one end they make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.outcome import Outcome
from deploy.service.fleet import AT_ONCE, Fleet, allowance, end, hold, ready, start, together

CHAIN = {"web": ("api",), "api": ("db",), "db": (), "mail": ()}


def test_a_service_starts_when_those_before_it_have_succeeded() -> None:
    fleet = Fleet(CHAIN)
    assert ready(fleet, 9) == ("db", "mail")
    fleet = start(start(fleet, "db"), "mail")
    assert ready(fleet, 9) == ()
    fleet = end(fleet, "db", Outcome.SUCCEEDED)
    assert ready(fleet, 9) == ("api",)


def test_what_had_nothing_to_do_is_not_waited_for() -> None:
    fleet = end(Fleet(CHAIN), "db", Outcome.UNCHANGED)
    assert ready(fleet, 9) == ("api", "mail")


def test_services_that_are_not_deployed_are_not_waited_for() -> None:
    assert ready(Fleet({"web": ("api",)}), 9) == ("web",)


def test_after_a_failure_those_behind_it_are_held_and_the_others_go_on() -> None:
    fleet = end(start(Fleet(CHAIN), "db"), "db", Outcome.ROLLED_BACK)
    assert fleet.why == {"api": "db failed", "web": "api was not started"}
    assert fleet.ended["web"] is Outcome.NOT_STARTED
    assert ready(fleet, 9) == ("mail",)
    assert not fleet.over
    assert end(fleet, "mail", Outcome.SUCCEEDED).over


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Outcome.SUPERSEDED, "db was superseded"),
        (Outcome.TIMED_OUT, "db timed out"),
        (Outcome.INTERRUPTED, "db was interrupted"),
    ],
)
def test_why_a_service_was_held_names_what_became_of_the_other(outcome: Outcome, why: str) -> None:
    assert end(Fleet(CHAIN), "db", outcome).why["api"] == why


def test_an_interrupted_fleet_starts_nothing_more() -> None:
    fleet = hold(start(Fleet(CHAIN), "db"), "interrupted")
    assert ready(fleet, 9) == ()
    assert set(fleet.why) == {"web", "api", "mail"}
    assert end(fleet, "db", Outcome.INTERRUPTED).over


def test_starts_are_bounded_as_ecs_bounds_registrations() -> None:
    assert allowance(0, 0) == AT_ONCE
    assert allowance(18, 0) == 2
    assert allowance(20, 0.9) == 0
    assert allowance(20, 3) == 3


GOOD, BACK, LATE = Outcome.SUCCEEDED, Outcome.ROLLED_BACK, Outcome.TIMED_OUT
HELD, SAME = Outcome.NOT_STARTED, Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([SAME, SAME], SAME),
        ([SAME, GOOD], GOOD),
        ([GOOD, LATE, BACK], LATE),
        ([HELD, BACK], BACK),  # what held it decides
        ([], SAME),
    ],
)
def test_the_first_that_failed_decides(ends: list[Outcome], expected: Outcome) -> None:
    assert together(ends) is expected


@given(
    edges=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20),
    failing=st.sets(st.integers(0, 9)),
)
def test_every_fleet_without_circles_comes_to_an_end(
    edges: list[tuple[int, int]], failing: set[int]
) -> None:
    after = {str(n): tuple({str(a) for a, b in edges if b == n and a < b}) for n in range(10)}
    fleet = Fleet(after)
    while not fleet.over:
        started = ready(fleet, 3)
        assert started
        for name in started:
            assert all(fleet.ended[each].exit_code == 0 for each in after[name])
            ended = Outcome.FAILED if int(name) in failing else Outcome.SUCCEEDED
            fleet = end(start(fleet, name), name, ended)
    held = {name for name in fleet.ended if fleet.ended[name] is Outcome.NOT_STARTED}
    assert held == set(fleet.why)
    assert all(any(fleet.ended[each].exit_code for each in after[name]) for name in held)
