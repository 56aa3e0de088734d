import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.ecs.breaker import HIGHEST, LOWEST, Breaker, breaker_of, launch_delay


@pytest.mark.parametrize(
    ("desired", "threshold"), [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)]
)
def test_half_of_the_desired_tasks_rounded_up_between_3_and_200(
    desired: int, threshold: int
) -> None:
    assert Breaker(enabled=True).threshold(desired) == threshold


@pytest.mark.parametrize(
    ("configuration", "desired", "threshold"),
    [
        ({"type": "COUNT", "value": 1}, 100, 1),
        ({"type": "UNBOUNDED_PERCENT", "value": 10}, 10, 1),
        ({"type": "UNBOUNDED_PERCENT", "value": 100}, 1000, 1000),
        ({"type": "BOUNDED_PERCENT", "value": 10}, 10, 3),
    ],
)
def test_another_threshold_can_be_configured(
    configuration: dict[str, object], desired: int, threshold: int
) -> None:
    given_ = {"enable": True, "rollback": True, "thresholdConfiguration": configuration}
    breaker = breaker_of({"deploymentCircuitBreaker": given_})
    assert breaker.threshold(desired) == threshold
    assert breaker.tripped(threshold, desired)
    assert not breaker.tripped(threshold - 1, desired)


def test_it_is_off_unless_enabled() -> None:
    assert not breaker_of({}).tripped(1000, 1)


def test_a_healthy_task_resets_the_count_unless_told_not_to() -> None:
    assert breaker_of({"deploymentCircuitBreaker": {"enable": True}}).after_healthy(2) == 0
    kept = breaker_of({"deploymentCircuitBreaker": {"enable": True, "resetOnHealthyTask": False}})
    assert kept.after_healthy(2) == 2


@given(st.integers(0, 5000))
def test_the_default_threshold_stays_within_bounds(desired: int) -> None:
    assert LOWEST <= Breaker().threshold(desired) <= HIGHEST


@given(st.integers(0, 1000))
def test_launches_wait_ever_longer_up_to_a_minute(streak: int) -> None:
    assert launch_delay(streak) <= launch_delay(streak + 1) <= 60
    assert launch_delay(3) == 0  # the breaker's least threshold is reached without waiting
