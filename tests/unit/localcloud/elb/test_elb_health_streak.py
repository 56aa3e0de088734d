"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.elb.health import FAILED, MISMATCH, NEW, TIMEOUT, CheckResult, HealthCheck, observe
from localcloud.elb.matcher import parse_matcher
from localcloud.ports import TargetState

CHECK = HealthCheck(healthy_threshold=3, unhealthy_threshold=2)
GOOD, BAD = CheckResult(), CheckResult(FAILED)


def after(*results: CheckResult, check: HealthCheck = CHECK) -> list[str]:
    """Return the states after each of the results."""
    health, states = NEW, []
    for result in results:
        health = observe(health, result, check)
        states.append(str(health.state))
    return states


def test_a_new_target_is_being_registered() -> None:
    assert (NEW.state, NEW.reason) == (TargetState.INITIAL, "Elb.RegistrationInProgress")


def test_the_first_passed_check_is_enough() -> None:
    assert after(GOOD) == ["healthy"]
    assert after(BAD, GOOD) == ["initial", "healthy"]


def test_a_new_target_that_fails_is_unhealthy_at_the_threshold() -> None:
    assert after(BAD, BAD) == ["initial", "unhealthy"]


def test_one_failure_of_a_healthy_target_is_forgiven() -> None:
    assert after(GOOD, BAD, GOOD, BAD) == ["healthy"] * 4


def test_an_unhealthy_target_needs_the_whole_streak() -> None:
    states = after(BAD, BAD, GOOD, GOOD, BAD, GOOD, GOOD, GOOD)
    assert states == ["initial"] + ["unhealthy"] * 6 + ["healthy"]


def test_the_reason_is_of_the_last_failure() -> None:
    health = observe(observe(NEW, BAD, CHECK), CheckResult(MISMATCH, 503), CHECK)
    assert health.reason == "Target.ResponseCodeMismatch"
    assert health.description == "Health checks failed with these codes: [503]"
    assert observe(health, CheckResult(TIMEOUT), CHECK).reason == "Target.Timeout"


@given(st.lists(st.booleans(), max_size=40), st.integers(2, 10), st.integers(2, 10))
def test_a_state_is_what_its_streak_says(results: list[bool], rise: int, fall: int) -> None:
    check = HealthCheck(healthy_threshold=rise, unhealthy_threshold=fall)
    health = NEW
    for number, passed in enumerate(results, start=1):
        before = health.state
        health = observe(health, GOOD if passed else BAD, check)
        row = next((i for i, r in enumerate(reversed(results[:number])) if r != passed), number)
        if health.state is not before:
            wanted = 1 if before is TargetState.INITIAL and passed else rise if passed else fall
            assert row >= wanted
            assert passed == (health.state is TargetState.HEALTHY)
        elif passed and row >= rise:
            assert health.state is TargetState.HEALTHY
        elif not passed and row >= fall:
            assert health.state is TargetState.UNHEALTHY


@pytest.mark.parametrize(
    ("text", "status", "matches"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("200-299,301", 299, True),
        ("200-299,301", 300, False),
        ("200-299, 301", 301, True),
        ("0-99", 0, True),
    ],
)
def test_matcher(text: str, status: int, matches: bool) -> None:
    assert parse_matcher(text).matches(status) is matches


@pytest.mark.parametrize("text", ["", "ok", "200;201", "-"])
def test_what_is_no_matcher(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_matcher(text)
