"""One apply against a scripted ECS, and the frames that the tests of it are made of."""

from typing import Any

from deploy.outcome import Outcome
from deploy.service.definition import image_reference, render
from deploy.service.describe import read_states
from deploy.service.diff import merged
from deploy.service.plan import ServicePlan, plan_service
from deploy.service.rollout import RolloutResult, apply
from tests.unit.service.world import (
    BACKEND,
    NEW,
    OLD,
    TARGET,
    Clock,
    ScriptedEcs,
    ScriptedLogs,
    Told,
    arn,
    config_of,
    deployment,
    service,
    service_deployment,
    service_of,
    task,
)

BEFORE = service(deployment(1, 7))
STARTED = service(deployment(2, 8, "IN_PROGRESS", runningCount=0), deployment(1, 7))
DONE = service(deployment(2, 8))
ROLLBACK_REASON = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
ROLLING_BACK = service(
    deployment(3, 7, "IN_PROGRESS", rolloutStateReason=ROLLBACK_REASON),
    deployment(2, 8, "FAILED", rolloutStateReason="tasks failed to start"),
)
ROLLED_BACK = service(deployment(3, 7, rolloutStateReason=ROLLBACK_REASON))
STOP_ARN = service_deployment(2, 8, "")["serviceDeploymentArn"]


def definition(digest: str) -> dict[str, Any]:
    image = image_reference(BACKEND.repository_url, digest)
    return render(config_of(), service_of(), BACKEND, image)


def registered(digest: str, number: int) -> dict[str, Any]:
    identity = {"taskDefinitionArn": arn(number), "revision": number, "status": "ACTIVE"}
    return merged(definition(digest), None) | identity


def world(*after: dict[str, Any] | None, **more: Any) -> ScriptedEcs:
    """ECS with revision 7 (the old digest) running, and these frames after the update."""
    tasks = [task("one", 8), task("two", 8)]
    values: dict[str, Any] = {"definitions": {arn(7): registered(OLD, 7)}, "tasks": tasks}
    return ScriptedEcs(frames=[BEFORE], after=list(after), **values | more)


def bootstrapped(*after: dict[str, Any] | None, **more: Any) -> ScriptedEcs:
    """ECS as Terraform leaves it: no task, and a definition of an image that never was."""
    container = {"name": "backend", "image": "localhost:4566/demo-backend:bootstrap"}
    made = {"family": "demo-backend", "containerDefinitions": [container]}
    made |= {"taskDefinitionArn": arn(7), "status": "ACTIVE"}
    empty: dict[str, Any] = {"desiredCount": 0, "runningCount": 0}
    frames: list[dict[str, Any] | None] = [service(deployment(1, 7, **empty), **empty)]
    return ScriptedEcs(frames=frames, after=list(after), definitions={arn(7): made}, **more)


def planned(ecs: ScriptedEcs, digest: str = NEW) -> ServicePlan:
    state = read_states(ecs, TARGET, ["backend"])["backend"]
    ecs.calls.clear()
    return plan_service(BACKEND, definition(digest), state)


class Run:
    """One apply, and all that it did."""

    def __init__(self, ecs: ScriptedEcs, digest: str = NEW, **more: Any) -> None:
        self.ecs, self.told, self.clock = ecs, Told(), Clock()
        self.logs = more.pop("logs", ScriptedLogs())
        sleep = more.pop("sleep", self.clock.sleep)
        self.result: RolloutResult = apply(
            more.pop("plan", None) or planned(ecs, digest),
            TARGET,
            ecs=ecs,
            logs=self.logs,
            emit=self.told,
            clock=self.clock,
            sleep=sleep,
            timeout=more.pop("timeout", 600),
            jitter=lambda: 0.5,
            **more,
        )

    @property
    def outcome(self) -> Outcome:
        return self.result.outcome

    @property
    def cause(self) -> str:
        assert self.result.cause is not None
        cause = self.result.cause
        return "\n".join([cause.message, *cause.details, cause.remedy])

    def writes(self) -> list[str]:
        names = ("register_task_definition", "update_service", "stop_service_deployment")
        return [name for name, _ in self.ecs.calls if name in names]
