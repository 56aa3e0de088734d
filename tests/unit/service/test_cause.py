"""Why a rollout failed, in words that help."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.outcome import Outcome
from deploy.service.cause import Evidence, explain, find_cause
from deploy.service.effects import Effects
from deploy.service.stopped import diagnose, worst
from deploy.service.watch import Watch
from tests.unit.service.world import (
    BACKEND,
    EPOCH,
    Clock,
    ScriptedEcs,
    ScriptedLogs,
    Told,
    arn,
    at,
    refusal,
    service,
    stopped,
)

WATCH = Watch(
    mine="ecs-svc/2",
    definition=arn(8),
    previous=arn(7),
    created=EPOCH + 2,
    deadline=600,
    budget=10,
    result=Outcome.ROLLED_BACK,
    reason="tasks failed to start",
)
EXITED = "Essential container in task exited"


def dead(name: str = "dead", code: int | None = None, reason: str = "", **more: Any) -> Any:
    container: dict[str, Any] = {"reason": reason} if reason else {}
    container |= {} if code is None else {"exitCode": code}
    values = {"stopCode": "EssentialContainerExited", "stoppedReason": EXITED, "stoppedAt": at(5)}
    return stopped(name, 8, 2, container=container, **values | more)


@pytest.mark.parametrize(
    ("task", "summary", "advice"),
    [
        (dead(code=1), "exited with code 1", "docker run"),
        (dead(code=0), "a service must not", "docker run"),
        (dead(code=127), "its command was not found", "docker run"),
        (dead(code=137), "killed (SIGKILL)", "memory"),
        (
            dead(code=137, reason="OutOfMemoryError: Container killed due to memory usage"),
            "out of memory (exit code 137)",
            "raise `memory` of [services.backend]",
        ),
        (
            dead(
                code=143,
                stopCode="ServiceSchedulerInitiated",
                stoppedReason="Task failed ELB health checks in (target-group demo)",
            ),
            "failed ELB health checks",
            "`health` of [services.backend]",
        ),
        (
            dead(
                code=137,
                stopCode="ServiceSchedulerInitiated",
                stoppedReason="Task failed container health checks",
            ),
            "failed container health checks",
            "`health` of [services.backend]",
        ),
        (
            dead(
                stopCode="TaskFailedToStart",
                stoppedReason="CannotPullContainerError: manifest unknown",
            ),
            "could not start: CannotPullContainerError",
            "registry",
        ),
        (
            dead(
                stopCode="TaskFailedToStart",
                stoppedReason="ResourceInitializationError: unable to pull secrets",
            ),
            "ResourceInitializationError",
            "registry",
        ),
    ],
)
def test_each_death_has_its_words_and_its_advice(task: Any, summary: str, advice: str) -> None:
    found = diagnose(task, "backend")
    assert summary in found.summary
    assert advice in found.advice


def test_a_sidecar_that_takes_the_task_along_is_named() -> None:
    task = dead(code=0)
    task["containers"].append({"name": "datadog", "exitCode": 2})
    found = diagnose(task, "backend")
    assert found.container == "datadog"
    assert "datadog exited with code 2" in found.summary


def test_the_task_that_tells_most_is_taken_and_of_equals_the_newest() -> None:
    health = dead("health", 143, stoppedReason="failed ELB health checks", stoppedAt=at(9))
    first, last = dead("first", 1, stoppedAt=at(5)), dead("last", 1, stoppedAt=at(7))
    memory: Any = dead("memory", 137, "OutOfMemoryError: killed", stoppedAt=at(1))
    scaled = dead("scaled", 0, stopCode="ServiceSchedulerInitiated", stoppedReason="Scaling")
    assert worst([health, first, last, scaled]) == last
    assert worst([health, last, memory]) == memory
    assert worst([scaled]) is None


def test_the_failure_shows_cause_state_and_log() -> None:
    failure = explain("backend", WATCH, Evidence(tasks=(dead(code=1),), log=("a", "Boom")))
    assert failure.message == "backend: the rollout was rolled back"
    assert failure.details == (
        "cause: container backend exited with code 1",
        "state: tasks failed to start",
        "last lines of backend:",
        "  a",
        "  Boom",
    )


def gathered(ecs: ScriptedEcs, logs: ScriptedLogs | None = None, elbv2: Any = None) -> str:
    clock = Clock()
    effects = Effects(
        ecs, logs or ScriptedLogs(), Told(), clock, clock.sleep, lambda: 0.5, None, elbv2
    )
    failure = find_cause(effects, "demo", BACKEND, "backend", WATCH)
    return "\n".join([failure.message, *failure.details, failure.remedy])


def test_the_last_twenty_lines_are_shown_and_no_more() -> None:
    logs = ScriptedLogs({"backend/backend/dead": [f"line {number}" for number in range(1, 31)]})
    text = gathered(ScriptedEcs(frames=[service()], tasks=[dead(code=1)]), logs)
    assert "line 11\n" in text
    assert "line 30" in text
    assert "line 10\n" not in text


def test_tasks_of_another_deployment_are_not_to_blame() -> None:
    other = dead("other", 1, startedBy="ecs-svc/1", taskDefinitionArn=arn(7))
    events = [
        {"message": "then this", "createdAt": at(4)},
        {"message": "unable to place a task", "createdAt": at(3)},
        {"message": "long ago", "createdAt": at(1)},
    ]
    text = gathered(ScriptedEcs(frames=[service(events=events)], tasks=[other]))
    assert "exited" not in text
    assert text.index("unable to place a task") < text.index("then this")
    assert "long ago" not in text


def test_a_container_without_a_log_is_still_explained() -> None:
    text = gathered(ScriptedEcs(frames=[service()], tasks=[dead(code=3)]))
    assert "exited with code 3" in text
    assert "last lines" not in text


def test_with_no_dead_task_the_unhealthy_targets_and_the_events_are_shown() -> None:
    class Elbv2:
        def describe_target_health(self, **given: Any) -> Any:
            assert given == {"TargetGroupArn": BACKEND.target_group_arn}
            sick = {"State": "unhealthy", "Description": "Health checks failed with codes: [500]"}
            return {
                "TargetHealthDescriptions": [
                    {"Target": {"Id": "10.0.0.7"}, "TargetHealth": sick},
                    {"Target": {"Id": "10.0.0.8"}, "TargetHealth": {"State": "healthy"}},
                ]
            }

    text = gathered(ScriptedEcs(frames=[service()]), elbv2=Elbv2())
    assert "10.0.0.7: Health checks failed with codes: [500]" in text
    assert "10.0.0.8" not in text


def test_a_cause_that_can_not_be_read_hides_no_outcome() -> None:
    ecs = ScriptedEcs(frames=[service()])
    ecs.faults["list_tasks"] = [refusal("AccessDeniedException")]
    text = gathered(ecs)
    assert "was rolled back" in text
    assert "could not be read" in text


def test_a_timeout_is_worded_as_one() -> None:
    failure = explain("backend", replace(WATCH, result=Outcome.TIMED_OUT), Evidence())
    assert failure.message == "backend: the rollout timed out"
