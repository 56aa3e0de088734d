"""Whole rollouts against a scripted ECS: what a user is told, and what is written how often."""

from typing import Any

import pytest

from deploy.errors import PreflightError
from deploy.events import Note, PhaseEnded, PhaseOutput, PhaseProgress, PhaseStarted
from deploy.outcome import Outcome
from deploy.service.describe import describe_services, read_states
from tests.unit.service.scripted_rollout import (
    BEFORE,
    DONE,
    ROLLED_BACK,
    STARTED,
    Run,
    world,
)
from tests.unit.service.world import (
    NEW,
    OLD,
    TARGET,
    ScriptedEcs,
    arn,
    at,
    deployment,
    service,
    task,
)


def test_a_changed_image_is_registered_rolled_out_and_proven() -> None:
    run = Run(world(STARTED, STARTED, DONE))
    assert run.outcome is Outcome.SUCCEEDED
    assert run.writes() == ["register_task_definition", "update_service"]
    assert run.ecs.of("update_service") == [
        {"cluster": "demo", "service": "demo-backend", "taskDefinition": arn(8)}
    ]
    assert run.result.task_definition_arn == arn(8)
    assert run.result.deployment_id == "ecs-svc/2"
    assert run.result.digest == NEW
    assert len(run.result.tasks) == 2
    assert run.result.cause is None


def test_unchanged_calls_nothing_and_says_nothing() -> None:
    run = Run(world(), digest=OLD)
    assert run.outcome is Outcome.UNCHANGED
    assert run.ecs.calls == []
    assert run.told.events == []


def test_it_tells_counts_and_new_service_events_once() -> None:
    events = [
        {"id": "later", "createdAt": at(3), "message": "(service demo-backend) has stopped 1 task"},
        {"id": "new", "createdAt": at(3), "message": "(service demo-backend) has started 2 tasks"},
        {"id": "old", "createdAt": at(1), "message": "an old story"},
    ]
    moving = STARTED | {"events": events}
    run = Run(world(moving, moving, moving, DONE | {"events": events}))
    lines = [event.line.rpartition(") ")[2] for event in run.told.of(PhaseOutput)]
    assert lines == ["has started 2 tasks", "has stopped 1 task"]
    progress = run.told.of(PhaseProgress)
    assert [event.done for event in progress] == [0, 2]
    assert "0 running" in progress[0].detail
    assert isinstance(run.told.events[0], PhaseStarted)
    (ended,) = run.told.of(PhaseEnded)
    assert (ended.ok, ended.detail) == (True, "succeeded")


def test_healthy_tasks_are_counted_as_mine() -> None:
    tasks = [task("one", 8, startedBy="ecs-svc/2"), task("two", 7, startedBy="ecs-svc/1")]
    run = Run(world(STARTED, STARTED, ROLLED_BACK, tasks=tasks))
    assert "1 healthy" in run.told.of(PhaseProgress)[0].detail


def test_a_manifest_of_the_deployed_index_proves_it() -> None:
    child = "sha256:" + "c" * 64
    tasks = [task("one", 8, child)]
    run = Run(world(STARTED, DONE, tasks=tasks), children=(child,))
    assert run.outcome is Outcome.SUCCEEDED
    assert Run(world(STARTED, DONE, tasks=tasks)).outcome is Outcome.FAILED


def test_a_service_at_zero_is_deployed_without_a_proof_and_says_so() -> None:
    zero: dict[str, Any] = {"desiredCount": 0, "runningCount": 0}
    ecs = world(*[service(deployment(2, 8, **zero), **zero)] * 2, tasks=[])
    ecs.frames = [service(deployment(1, 7, **zero), **zero)]
    run = Run(ecs)
    assert run.outcome is Outcome.SUCCEEDED
    assert run.result.tasks == ()
    assert any("nothing is proven" in note.text for note in run.told.of(Note))


def test_a_service_that_terraform_has_not_made_is_a_preflight_error() -> None:
    with pytest.raises(PreflightError, match="demo-backend") as caught:
        read_states(ScriptedEcs(frames=[None]), TARGET, ["backend"])
    assert "infra.apply" in caught.value.remedy


def test_many_services_are_described_in_calls_of_ten() -> None:
    ecs = ScriptedEcs(frames=[BEFORE])
    names = [f"s{number}" for number in range(25)]
    describe_services(ecs, "demo", names)
    assert [len(call["services"]) for call in ecs.of("describe_services")] == [10, 10, 5]
