"""Following a scaling or an abort: what is written, and what the wait outlives."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.errors import ToolError
from deploy.events import PhaseEnded, PhaseOutput
from deploy.outcome import Outcome
from deploy.service.effects import Effects
from deploy.service.operation import AbortPlan, ScalePlan
from deploy.service.settle import Settle, Settled
from deploy.service.status import Bounds
from tests.unit.service.world import (
    BACKEND,
    NEW,
    Clock,
    ScriptedEcs,
    Told,
    arn,
    at,
    deployment,
    refusal,
    service,
    service_deployment,
    task,
)

PLACE = BACKEND
BEFORE = service(deployment(2, 8), desiredCount=1, runningCount=1)
STARTING = service(deployment(2, 8), runningCount=1, pendingCount=1)
DONE = service(deployment(2, 8))
TASKS = [task("one", 8), task("two", 8)]


@dataclass
class Targets:
    """ELB: the states of the targets, one list a call and the last one for ever."""

    states: list[list[str]] = field(default_factory=lambda: [["healthy", "healthy"]])

    def describe_target_health(self, **_: Any) -> dict[str, Any]:
        states = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        entries = [
            {"Target": {"Id": f"10.0.0.{n}", "Port": 1}, "TargetHealth": {"State": state}}
            for n, state in enumerate(states)
        ]
        return {"TargetHealthDescriptions": entries}


class AutoScaling:
    def __init__(self) -> None:
        self.registered: list[dict[str, Any]] = []

    def register_scalable_target(self, **given: Any) -> None:
        self.registered.append(given)


class Run:
    """One service that is changed by a script, and all that was told."""

    def __init__(self, ecs: ScriptedEcs, targets: Targets | None = None, **more: Any) -> None:
        self.ecs, self.told, self.clock = ecs, Told(), Clock()
        sleep = more.pop("sleep", self.clock.sleep)
        effects = Effects(
            ecs, None, self.told, self.clock, sleep, lambda: 0.5, elbv2=targets or Targets()
        )
        self.settle = Settle(PLACE, "demo", effects, more.pop("timeout", 60), "scale")

    def scale(self, bounds: Bounds | None = None, autoscaling: Any = None) -> Settled:
        plan = ScalePlan("backend", 1, 2, arn(8), NEW, True, "ecs-svc/2", bounds, ())
        return self.settle.scale(plan, autoscaling, [NEW])


def world(*after: dict[str, Any] | None, **more: Any) -> ScriptedEcs:
    return ScriptedEcs(frames=[BEFORE], after=list(after), tasks=TASKS, **more)


def test_the_count_is_written_once_and_followed_to_its_proof() -> None:
    run = Run(world(STARTING, STARTING, DONE))
    ended = run.scale()
    assert (ended.outcome, len(ended.tasks)) == (Outcome.SUCCEEDED, 2)
    assert run.ecs.of("update_service") == [
        {"cluster": "demo", "service": "demo-backend", "desiredCount": 2}
    ]


def test_targets_that_are_yet_to_be_healthy_are_waited_for() -> None:
    run = Run(world(DONE), Targets([["healthy", "initial"]] * 5 + [["healthy", "healthy"]]))
    assert run.scale().outcome is Outcome.SUCCEEDED
    assert run.clock.now > 4


def test_bounds_are_set_before_the_count() -> None:
    autoscaling = AutoScaling()
    ecs = world(DONE, faults={"update_service": [refusal("AccessDeniedException")]})
    with pytest.raises(ToolError, match="AccessDenied"):
        Run(ecs).scale(Bounds(1, 5), autoscaling)
    (given,) = autoscaling.registered
    assert (given["ResourceId"], given["MinCapacity"], given["MaxCapacity"]) == (
        "service/demo/demo-backend",
        1,
        5,
    )


def test_it_times_out_and_says_where_it_was() -> None:
    ended = Run(world(STARTING), timeout=10).scale()
    assert ended.outcome is Outcome.TIMED_OUT
    assert "1 running, 1 pending, 2 desired" in ended.reason


def test_what_autoscaling_undoes_is_superseded() -> None:
    ended = Run(world(service(deployment(2, 8), desiredCount=4))).scale()
    assert ended.outcome is Outcome.SUPERSEDED
    assert "set it to 4 tasks" in ended.reason


def test_ctrl_c_looks_away() -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    run = Run(world(STARTING), sleep=interrupted)
    assert run.scale().outcome is Outcome.INTERRUPTED
    assert not run.told.of(PhaseEnded)[0].ok


def test_an_outage_of_reads_is_outlived() -> None:
    faults = {"describe_services": [None, refusal("ServiceUnavailable", 503)] + [None] * 3}
    assert Run(world(DONE, faults=faults)).scale().outcome is Outcome.SUCCEEDED


def test_a_missing_permission_to_read_is_not_waited_for() -> None:
    faults = {"describe_services": [None, refusal("AccessDeniedException")]}
    with pytest.raises(Exception, match="AccessDenied"):
        Run(world(DONE, faults=faults)).scale()


def test_only_news_of_the_service_are_told() -> None:
    def event(number: int) -> dict[str, Any]:
        return {"id": str(number), "createdAt": at(number), "message": f"event {number}"}

    ecs = world(DONE | {"events": [event(2), event(1)]})
    ecs.frames = [BEFORE | {"events": [event(1)]}]
    run = Run(ecs)
    run.scale()
    assert [told.line for told in run.told.of(PhaseOutput)] == ["event 2"]


def test_tasks_of_another_image_are_a_failure() -> None:
    ecs = world(DONE)
    ecs.tasks = [task("one", 8, "sha256:other"), task("two", 8)]
    ended = Run(ecs).scale()
    assert ended.outcome is Outcome.FAILED
    assert "sha256:other" in ended.reason


def test_an_abort_is_over_when_ecs_says_that_it_rolled_back() -> None:
    record = service_deployment(2, 8, "ROLLBACK_SUCCESSFUL")
    ecs = ScriptedEcs(
        frames=[service(deployment(2, 8, "IN_PROGRESS"))],
        after_stop=[service(deployment(3, 7))],
        service_deployments=[record],
    )
    plan = AbortPlan("backend", record["serviceDeploymentArn"], stop=True)
    assert Run(ecs).settle.abort(plan).outcome is Outcome.ROLLED_BACK
    assert ecs.of("stop_service_deployment") == [
        {"serviceDeploymentArn": plan.deployment, "stopType": "ROLLBACK"}
    ]


def test_a_first_release_is_taken_back_to_nothing() -> None:
    empty: dict[str, Any] = {"desiredCount": 0, "runningCount": 0}
    ecs = ScriptedEcs(frames=[service(deployment(2, 8))], after=[service(**empty)])
    plan = AbortPlan("backend", "arn:deployment", withdraw=True, back=arn(7))
    assert Run(ecs).settle.abort(plan).outcome is Outcome.ROLLED_BACK
    (given,) = ecs.of("update_service")
    assert (given["desiredCount"], given["taskDefinition"]) == (0, arn(7))


def aborted(status: str) -> Settled:
    """An abort whose request ECS refuses, while its service deployment is in `status`."""
    record = service_deployment(2, 8, status)
    ecs = ScriptedEcs(
        frames=[service(deployment(3, 7))],
        service_deployments=[record],
        faults={"stop_service_deployment": [refusal("ConflictException")]},
    )
    plan = AbortPlan("backend", record["serviceDeploymentArn"], stop=True)
    return Run(ecs).settle.abort(plan)


def test_a_rollout_that_ended_before_it_could_be_stopped_tells_how() -> None:
    assert aborted("ROLLBACK_SUCCESSFUL").outcome is Outcome.ROLLED_BACK
    late = aborted("SUCCESSFUL")
    assert (late.outcome, late.reason) == (
        Outcome.FAILED,
        "it was too late: the rollout has succeeded",
    )


def test_what_ecs_does_not_stop_is_an_error() -> None:
    with pytest.raises(ToolError, match="ConflictException"):
        aborted("IN_PROGRESS")
