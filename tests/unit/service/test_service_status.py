"""What `invoke status` says of a service, from ECS's replies; and what it calls a problem."""

from typing import Any

import pytest

from deploy.service.status import Bounds, Release, ServiceStatus, Unknown, release_of, shape
from tests.unit.service.world import BACKEND, NEW, arn, at, deployment, service

CALM = service(deployment(2, 8))
ROLLING = service(deployment(2, 8, "IN_PROGRESS", runningCount=0), deployment(1, 7))


def target(number: int, state: str, reason: str = "") -> dict[str, Any]:
    health = {"State": state} | ({"Description": reason} if reason else {})
    return {"Target": {"Id": f"10.0.0.{number}", "Port": 8000}, "TargetHealth": health}


def shaped(entry: dict[str, Any] | None, *targets: dict[str, Any]) -> ServiceStatus:
    return shape(BACKEND, entry, None, targets, Bounds(1, 4))


def test_a_service_that_does_well_has_no_problem_and_no_rollout() -> None:
    found = shaped(CALM, target(1, "healthy"), target(2, "healthy"))
    assert (found.healthy, found.rollouts, found.problems) == (2, (), ())


def test_too_few_tasks_are_a_problem_unless_a_rollout_is_in_progress() -> None:
    assert shaped(CALM | {"runningCount": 1}).problems == (
        "1 of 2 tasks run, and nothing is being rolled out",
    )
    assert shaped(ROLLING | {"runningCount": 1}).problems == ()
    assert [seen.rollout for seen in shaped(ROLLING).rollouts] == ["IN_PROGRESS", "COMPLETED"]


def test_scaled_to_zero_is_as_it_was_asked_to_be() -> None:
    none: dict[str, Any] = {"desiredCount": 0, "runningCount": 0}
    assert shaped(service(deployment(2, 8, **none), **none)).problems == ()


def test_an_unhealthy_target_is_a_problem_and_one_that_is_new_is_not() -> None:
    found = shaped(
        CALM,
        target(1, "unhealthy", "Health checks failed with these codes: [500]"),
        target(2, "initial", "Target registration is in progress"),
        target(3, "draining"),
    )
    assert found.healthy == 0
    assert found.problems == (
        "1 of 2 targets unhealthy: Health checks failed with these codes: [500]",
    )


def test_a_failed_rollout_is_a_problem_also_while_it_is_rolled_back() -> None:
    failed = deployment(2, 8, "FAILED", rolloutStateReason="tasks failed to start")
    found = shaped(service(deployment(3, 7, "IN_PROGRESS"), failed))
    assert found.problems == ("the rollout of demo-backend:8 failed: tasks failed to start",)


@pytest.mark.parametrize("entry", [None, CALM | {"status": "DRAINING"}])
def test_a_service_that_is_gone_is_a_problem(entry: dict[str, Any] | None) -> None:
    assert len(shaped(entry).problems) == 1


def test_what_may_not_be_read_is_no_problem() -> None:
    found = shape(BACKEND, CALM, Unknown("not allowed"), Unknown("not allowed"), None)
    assert (found.healthy, found.unhealthy, found.problems) == (None, (), ())
    assert found.desired == 2


def test_the_newest_events_without_the_name_that_each_begins_with() -> None:
    events = [
        {"id": str(n), "createdAt": at(n), "message": f"(service demo-backend) said {n}."}
        for n in range(9, 0, -1)
    ]
    found = shaped(CALM | {"events": events})
    assert [event.message for event in found.events] == [f"said {n}." for n in range(9, 4, -1)]


def test_a_definition_tells_revision_digest_source_tag_and_commit() -> None:
    image = f"registry/demo-backend@{NEW}"
    definition = {
        "taskDefinitionArn": arn(8),
        "containerDefinitions": [{"name": "backend", "image": image}],
    }
    tags = [{"key": "source-tag", "value": "src-1"}, {"key": "git-commit", "value": "3f9a1c2"}]
    assert release_of(definition, tags, "backend") == Release(
        "demo-backend:8", NEW, "src-1", "3f9a1c2"
    )
    placeholder = {"containerDefinitions": [{"name": "backend", "image": "demo:bootstrap"}]}
    assert release_of(placeholder, [], "backend").bootstrap
