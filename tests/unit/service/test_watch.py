"""The state machine of a rollout: every outcome, and what must never be one."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.outcome import Outcome
from deploy.service.observation import Observation, parse
from deploy.service.watch import Watch, detach, expire, outcome, request_rollback, step
from tests.unit.service.world import EPOCH, arn, deployment, service, service_deployment, stopped

START = Watch(
    mine="ecs-svc/2",
    definition=arn(8),
    previous=arn(7),
    created=EPOCH + 2,
    deadline=600,
    budget=10,
    expected=2,
)
FIRST = replace(START, previous=arn(1), first=True)

OLD = deployment(1, 7)
ROLLING_BACK = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."


def mine(rollout: str = "IN_PROGRESS", **more: Any) -> dict[str, Any]:
    return deployment(2, 8, rollout, **more)


def seen(*deployments: dict[str, Any], status: str = "", **more: Any) -> Observation:
    found = service_deployment(2, 8, status) if status else None
    return parse(service(*deployments, **more), found, (), "ecs-svc/2")


def after(*observations: Observation, state: Watch = START) -> Watch:
    for number, observation in enumerate(observations):
        state = step(state, observation, number)
    return state


def ends(*observations: Observation, state: Watch = START) -> Outcome | None:
    return outcome(after(*observations, state=state))


def test_my_deployment_completed_is_success() -> None:
    assert ends(seen(mine(), OLD), seen(mine("COMPLETED"))) is Outcome.SUCCEEDED


def test_running_and_healthy_is_not_completed() -> None:
    assert ends(*[seen(mine(), OLD)] * 50) is None


def test_stable_on_the_old_revision_is_a_rollback() -> None:
    rollback = deployment(3, 7, "IN_PROGRESS", rolloutStateReason=ROLLING_BACK)
    observations = (
        seen(mine(), OLD),
        seen(rollback, mine("FAILED")),
        seen(rollback | {"rolloutState": "COMPLETED"}),
    )
    assert ends(*observations[:2]) is None
    state = after(*observations)
    assert outcome(state) is Outcome.ROLLED_BACK
    assert "circuit breaker" in state.reason


def test_a_rollback_that_no_poll_saw_begin_is_one() -> None:
    assert ends(seen(mine(), OLD), seen(deployment(3, 7))) is Outcome.ROLLED_BACK


def test_a_rollback_that_promotes_the_old_deployment_again_is_one() -> None:
    again = seen(OLD | {"status": "PRIMARY"})
    assert ends(seen(mine(), OLD), again, again, again) is Outcome.ROLLED_BACK


def test_a_reply_from_before_the_update_is_none() -> None:
    before = seen(OLD)
    assert ends(before, before) is None
    assert ends(before, before, seen(mine(), OLD), before, before) is None
    assert ends(before, before, seen(mine(), OLD), seen(mine("COMPLETED"))) is Outcome.SUCCEEDED


def test_an_older_observation_after_a_newer_one_decides_nothing() -> None:
    newer = seen(mine(failedTasks=3, updatedAt=deployment(9, 8)["updatedAt"]), OLD)
    older = seen(mine("FAILED", failedTasks=9), OLD)
    state = after(newer, older)
    assert outcome(state) is None
    assert (state.failures, state.failing) == (3, False)


def test_a_rollback_that_fails_as_well_is_a_failure() -> None:
    broken = seen(deployment(3, 7, "FAILED", rolloutStateReason=ROLLING_BACK), mine("FAILED"))
    assert ends(seen(mine(), OLD), broken) is Outcome.FAILED


def test_without_rollback_a_failure_is_final() -> None:
    state = replace(START, rollback=False)
    assert ends(seen(mine("FAILED"), OLD), state=state) is Outcome.FAILED


def test_a_newer_deployment_supersedes_mine() -> None:
    state = after(seen(mine(), OLD), seen(deployment(3, 9, "IN_PROGRESS"), mine(), OLD))
    assert outcome(state) is Outcome.SUPERSEDED
    assert "ecs-svc/3" in state.reason


def test_a_newer_deployment_of_my_own_revision_supersedes_mine_too() -> None:
    assert ends(seen(mine(), OLD), seen(deployment(3, 8))) is Outcome.SUPERSEDED


def test_completed_and_replaced_between_two_polls_is_superseded() -> None:
    newer = seen(deployment(3, 9, "IN_PROGRESS"), mine("COMPLETED"))
    assert ends(seen(mine(), OLD), newer) is Outcome.SUPERSEDED


def test_the_same_revision_again_knows_a_newer_deployment_from_a_rollback() -> None:
    state = replace(START, previous=arn(8))
    assert ends(seen(mine(), OLD), seen(deployment(3, 8)), state=state) is Outcome.SUPERSEDED


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_deleted_service_is_a_failure(status: str) -> None:
    state = after(seen(mine(), OLD), parse(service(mine(), status=status)))
    assert outcome(state) is Outcome.FAILED
    assert "deleted" in state.reason


def test_a_service_that_is_missed_once_is_not_deleted() -> None:
    missing = parse(None)
    assert ends(seen(mine(), OLD), missing, seen(mine("COMPLETED"))) is Outcome.SUCCEEDED
    assert ends(seen(mine(), OLD), missing, missing, missing) is Outcome.FAILED


def test_scaled_to_zero_meanwhile_is_no_success() -> None:
    zero = seen(mine("COMPLETED", desiredCount=0, runningCount=0), desiredCount=0)
    assert ends(seen(mine(), OLD), zero) is Outcome.SUPERSEDED


def test_a_service_at_zero_before_may_complete_there() -> None:
    zero = seen(mine("COMPLETED", desiredCount=0, runningCount=0), desiredCount=0)
    assert ends(zero, state=replace(START, expected=0)) is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PENDING", None),
        ("IN_PROGRESS", None),
        ("STOP_REQUESTED", None),
        ("ROLLBACK_REQUESTED", None),
        ("ROLLBACK_IN_PROGRESS", None),
        ("SUCCESSFUL", Outcome.SUCCEEDED),
        ("STOPPED", Outcome.SUPERSEDED),
        ("ROLLBACK_SUCCESSFUL", Outcome.ROLLED_BACK),
        ("ROLLBACK_FAILED", Outcome.FAILED),
    ],
)
def test_every_status_of_the_service_deployment(status: str, expected: Outcome | None) -> None:
    assert ends(seen(mine(), OLD, status=status)) is expected


def test_completed_is_no_success_while_ecs_rolls_it_back() -> None:
    undone = seen(mine("COMPLETED"), status="ROLLBACK_IN_PROGRESS")
    assert ends(undone) is None
    assert ends(undone, seen(deployment(3, 7))) is Outcome.ROLLED_BACK


def test_stopped_by_its_circuit_breaker_is_a_failure() -> None:
    breaker = {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    entry = service_deployment(2, 8, "STOPPED", deploymentCircuitBreaker=breaker)
    assert ends(parse(service(mine(), OLD), entry)) is Outcome.FAILED


def test_a_blue_green_deployment_succeeds_by_its_service_deployment_alone() -> None:
    blue_green = {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}
    early = parse(service(mine("COMPLETED"), **blue_green))
    done = parse(service(mine(""), **blue_green), service_deployment(2, 8, "SUCCESSFUL"))
    assert ends(early) is None
    assert ends(early, done) is Outcome.SUCCEEDED


def test_stages_may_be_skipped_and_never_go_back() -> None:
    def at(stage: str) -> Observation:
        entry = service_deployment(2, 8, "IN_PROGRESS", lifecycleStage=stage)
        return parse(service(mine(), OLD), entry)

    state = after(at("PRE_SCALE_UP"), at("BAKE_TIME"), at("SCALE_UP"), at("A_NEW_ONE"))
    assert state.stage == 8


class TestFirst:
    def test_failing_is_final(self) -> None:
        assert ends(seen(mine("FAILED", runningCount=0)), state=FIRST) is Outcome.FAILED

    def test_a_rollback_to_the_bootstrap_definition_is_a_failure(self) -> None:
        rollback = deployment(3, 1, "IN_PROGRESS", rolloutStateReason=ROLLING_BACK)
        assert ends(seen(rollback, mine("FAILED")), state=FIRST) is Outcome.FAILED
        assert ends(seen(deployment(3, 1)), state=FIRST) is Outcome.FAILED
        undone = seen(mine(), status="ROLLBACK_SUCCESSFUL")
        assert ends(undone, state=FIRST) is Outcome.FAILED

    def test_completing_is_success(self) -> None:
        assert ends(seen(mine("COMPLETED")), state=FIRST) is Outcome.SUCCEEDED


class TestBudget:
    def test_a_flapping_task_that_resets_the_count_is_counted_all_the_same(self) -> None:
        counts = [0, 2, 0, 2, 0, 2, 0, 2, 0, 2]
        calm = after(*[seen(mine(failedTasks=count), OLD) for count in counts])
        assert calm.failures == 10
        assert not calm.wants_rollback
        state = step(calm, seen(mine(failedTasks=3), OLD), 20)
        assert state.wants_rollback
        assert outcome(state) is None

    def test_stopped_tasks_count_even_where_ecs_never_counts_them(self) -> None:
        tasks = [
            stopped(f"t{number}", 8, 2, stopCode="EssentialContainerExited") for number in range(11)
        ]
        assert step(START, parse(service(mine(), OLD), None, tasks, "ecs-svc/2"), 1).wants_rollback

    def test_scaling_in_is_no_failure(self) -> None:
        tasks = [
            stopped(f"t{number}", 8, 2, stopCode="ServiceSchedulerInitiated")
            for number in range(50)
        ]
        state = step(START, parse(service(mine(), OLD), None, tasks, "ecs-svc/2"), 1)
        assert not state.wants_rollback

    def test_it_ends_in_the_rollback_that_is_asked_for_then(self) -> None:
        state = after(seen(mine(failedTasks=11), OLD))
        state = request_rollback(state, state.reason)
        assert not state.wants_rollback
        state = step(state, seen(deployment(3, 7)), 5)
        assert outcome(state) is Outcome.ROLLED_BACK
        assert "11 tasks failed" in state.reason

    def test_a_first_release_over_budget_fails(self) -> None:
        assert ends(seen(mine(failedTasks=11)), state=FIRST) is Outcome.FAILED


class TestEnd:
    def test_undecided_at_the_deadline_is_timed_out(self) -> None:
        assert outcome(step(START, seen(mine(), OLD), 600)) is Outcome.TIMED_OUT

    def test_seen_completed_at_the_deadline_is_success(self) -> None:
        assert outcome(step(START, seen(mine("COMPLETED")), 600)) is Outcome.SUCCEEDED

    def test_known_to_have_failed_at_the_deadline_is_a_failure(self) -> None:
        state = after(seen(mine("FAILED"), OLD))
        assert outcome(expire(state, 600)) is Outcome.FAILED

    def test_looking_away_is_interrupted(self) -> None:
        assert outcome(detach(START)) is Outcome.INTERRUPTED

    def test_an_outcome_is_final(self) -> None:
        state = after(seen(mine("COMPLETED")))
        assert detach(state) is state
        assert expire(state, 10_000) is state
        assert step(state, seen(deployment(3, 7)), 10_000) is state
