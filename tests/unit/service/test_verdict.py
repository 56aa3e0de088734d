"""When a scaling or a rollback is over, and what ends it otherwise."""

from dataclasses import replace

import pytest

from deploy.outcome import Outcome
from deploy.service.operation import ScalePlan
from deploy.service.status import ServiceStatus, TargetSeen
from deploy.service.verdict import (
    ScaleJudge,
    Seen,
    is_healthy,
    is_up,
    judge_rollback,
    judge_withdrawal,
)
from tests.unit.service.world import task

PLAN = ScalePlan("backend", 1, 2, "arn", "sha256:1", False, "ecs-svc/1", None, ())
STATUS = ServiceStatus("backend", "demo-backend", "", "ACTIVE", desired=2, running=2)
DONE = Seen(STATUS, "ecs-svc/1", up=2, healthy=2)


def targets(*states: str) -> tuple[TargetSeen, ...]:
    return tuple(TargetSeen(str(number), state) for number, state in enumerate(states))


def judged(seen: Seen, plan: ScalePlan = PLAN, times: int = 1) -> Outcome | None:
    judge = ScaleJudge(plan)
    return [judge(seen) for _ in range(times)][-1].outcome


def test_it_has_succeeded_when_all_run_and_are_healthy() -> None:
    assert judged(DONE) is Outcome.SUCCEEDED
    ready = replace(DONE, status=replace(STATUS, targets=targets("healthy", "healthy")))
    assert judged(ready) is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    "seen",
    [
        replace(DONE, status=replace(STATUS, running=1)),
        replace(DONE, status=replace(STATUS, pending=1)),
        replace(DONE, status=replace(STATUS, targets=targets("healthy", "initial"))),
        replace(DONE, status=replace(STATUS, targets=targets("healthy", "healthy", "healthy"))),
        replace(DONE, up=1),
    ],
)
def test_until_then_it_goes_on(seen: Seen) -> None:
    assert judged(seen, times=9) is None


def test_containers_with_health_checks_must_have_passed_them() -> None:
    assert judged(replace(DONE, healthy=1), replace(PLAN, checked=True)) is None
    assert judged(DONE, replace(PLAN, checked=True)) is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    "seen",
    [replace(DONE, status=replace(STATUS, desired=4)), replace(DONE, primary="ecs-svc/2")],
)
def test_another_count_or_deployment_is_believed_when_seen_again(seen: Seen) -> None:
    assert judged(seen, times=2) is None
    assert judged(seen, times=3) is Outcome.SUPERSEDED


def test_a_deleted_service_is_a_failure() -> None:
    assert judged(replace(DONE, status=replace(STATUS, status="INACTIVE"))) is Outcome.FAILED


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        ("IN_PROGRESS", None),
        ("ROLLBACK_IN_PROGRESS", None),
        ("ROLLBACK_SUCCESSFUL", Outcome.ROLLED_BACK),
        ("ROLLBACK_FAILED", Outcome.FAILED),
        ("SUCCESSFUL", Outcome.FAILED),
        ("STOPPED", Outcome.SUPERSEDED),
        ("", None),
    ],
)
def test_only_a_rollback_that_succeeded_is_one(record: str, outcome: Outcome | None) -> None:
    assert judge_rollback(replace(DONE, record=record)).outcome is outcome


def test_a_withdrawal_is_over_when_nothing_runs() -> None:
    gone = replace(STATUS, desired=0, running=0)
    assert judge_withdrawal(replace(DONE, status=gone)).outcome is Outcome.ROLLED_BACK
    stopping = replace(gone, running=1)
    assert judge_withdrawal(replace(DONE, status=stopping)).outcome is None


def test_a_task_that_is_not_checked_is_up_and_not_known_to_be_healthy() -> None:
    unchecked = task("one", 8, healthStatus="UNKNOWN")
    assert (is_up(unchecked), is_healthy(unchecked)) == (True, False)
    ill = task("one", 8, healthStatus="UNHEALTHY")
    assert (is_up(ill), is_healthy(ill)) == (False, False)
    assert not is_up(task("one", 8, lastStatus="PENDING"))
