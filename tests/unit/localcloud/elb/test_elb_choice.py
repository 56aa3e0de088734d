from hypothesis import given
from hypothesis import strategies as st

from localcloud.elb.choice import RoundRobin, eligible, weighted
from localcloud.ports import TargetState

INITIAL, HEALTHY, UNHEALTHY = TargetState.INITIAL, TargetState.HEALTHY, TargetState.UNHEALTHY
DRAINING, UNUSED = TargetState.DRAINING, TargetState.UNUSED


def test_only_the_healthy_ones() -> None:
    states = [("a", INITIAL), ("b", HEALTHY), ("c", UNHEALTHY), ("d", DRAINING), ("e", HEALTHY)]
    assert eligible(states) == ["b", "e"]


def test_with_none_healthy_all_that_do_not_drain() -> None:
    states = [("a", INITIAL), ("c", UNHEALTHY), ("d", DRAINING), ("e", UNUSED)]
    assert eligible(states) == ["a", "c"]
    assert eligible([("d", DRAINING)]) == []


def test_turns_are_even_and_of_each_group_its_own() -> None:
    turns = RoundRobin()
    assert [turns.pick("g", "abc") for _ in range(6)] == list("abcabc")
    assert turns.pick("other", "xyz") == "x"
    assert turns.pick("g", "") is None


@given(st.floats(0, 1, exclude_max=True))
def test_a_weight_of_0_is_never_chosen(draw: float) -> None:
    assert weighted([("none", 0), ("all", 5), ("no", 0)], draw) == "all"


def test_weights_are_shares() -> None:
    groups = [("a", 1), ("b", 3)]
    drawn = [weighted(groups, number / 100) for number in range(100)]
    assert drawn.count("a") == 25
    assert weighted([], 0) is None
    assert weighted([("a", 0)], 0.5) is None
