"""What a deploy would do, and why."""

from typing import Any

import pytest

from deploy.errors import PreflightError
from deploy.service.definition import image_reference, render
from deploy.service.diff import merged
from deploy.service.plan import ServicePlan, ServiceState, plan_service
from tests.unit.service.world import (
    BACKEND,
    NEW,
    OLD,
    arn,
    config_of,
    deployment,
    service,
    service_of,
)


def definition(digest: str | None = NEW, **changes: Any) -> dict[str, Any]:
    wanted = service_of(**changes)
    image = image_reference(BACKEND.repository_url, digest)
    return render(config_of(wanted), wanted, BACKEND, image)


def registered(content: dict[str, Any], number: int, **more: Any) -> dict[str, Any]:
    identity = {"taskDefinitionArn": arn(number), "revision": number, "status": "ACTIVE"}
    return merged(content, None) | identity | more


def bootstrap() -> dict[str, Any]:
    container = {"name": "backend", "image": "localhost:4566/demo-backend:bootstrap"}
    return {
        "family": "demo-backend",
        "taskDefinitionArn": arn(1),
        "status": "ACTIVE",
        "containerDefinitions": [container | {"command": ["sleep", "infinity"]}],
    }


def planned(
    running: dict[str, Any] | None,
    *deployments: dict[str, Any],
    latest: dict[str, Any] | None = None,
    digest: str | None = NEW,
    **more: Any,
) -> ServicePlan:
    state = ServiceState(service(*deployments, **more), running, latest or running)
    return plan_service(BACKEND, definition(digest), state)


def test_unchanged_means_nothing_at_all() -> None:
    plan = planned(registered(definition(), 7), deployment(1, 7))
    assert not plan.changed
    assert not plan.register
    assert [change.sign for change in plan.changes] == ["="]
    assert plan.running_arn == arn(7)
    assert plan.running_digest == NEW
    assert plan.notes == ()


def test_another_image_is_registered_and_rolled_out_with_its_reason() -> None:
    plan = planned(registered(definition(OLD), 7), deployment(1, 7))
    assert (plan.register, plan.update, plan.first, plan.force) == (True, True, False, False)
    assert plan.desired_count is None  # autoscaling's business
    assert plan.digest == NEW
    assert plan.running_digest == OLD
    assert "another image" in [change.reason for change in plan.changes]


def test_an_image_not_built_yet_is_part_of_the_plan() -> None:
    plan = planned(registered(definition(OLD), 7), deployment(1, 7), digest=None)
    assert plan.update
    assert plan.digest is None
    assert any("of the build" in (change.after or "") for change in plan.changes)


def test_the_first_release_gets_its_tasks_and_nothing_of_the_bootstrap_definition() -> None:
    plan = planned(bootstrap(), deployment(1, 1), desiredCount=0)
    assert (plan.first, plan.register, plan.update) == (True, True, True)
    assert plan.desired_count == BACKEND.min_tasks
    assert plan.expected == BACKEND.min_tasks
    assert plan.request["containerDefinitions"][0]["command"] == []
    assert plan.changes[0].sign == "+"
    assert not plan.notes


def test_a_first_release_keeps_a_higher_count() -> None:
    assert planned(bootstrap(), deployment(1, 1), desiredCount=3).desired_count is None
    assert planned(bootstrap(), deployment(1, 1), desiredCount=3).expected == 3


def test_after_a_rollback_the_registered_revision_is_used_again() -> None:
    plan = planned(
        registered(definition(OLD), 7), deployment(3, 7), latest=registered(definition(), 8)
    )
    assert (plan.register, plan.update) == (False, True)
    assert plan.definition_arn == arn(8)


def test_an_inactive_revision_can_not_be_used_again() -> None:
    gone = registered(definition(), 8, status="INACTIVE")
    plan = planned(registered(definition(OLD), 7), deployment(3, 7), latest=gone)
    assert plan.register


def test_a_rollout_of_the_same_is_followed_and_not_started_again() -> None:
    primary = deployment(2, 8, "IN_PROGRESS")
    plan = planned(registered(definition(), 8), primary, deployment(1, 7))
    assert plan.follow == "ecs-svc/2"
    assert (plan.register, plan.update, plan.changed) == (False, False, True)


def test_a_failed_rollout_of_the_same_is_started_again() -> None:
    primary = deployment(2, 8, "FAILED", runningCount=0)
    plan = planned(registered(definition(), 8), primary, deployment(1, 7))
    assert (plan.register, plan.update, plan.force) == (False, True, True)
    assert plan.definition_arn == arn(8)
    assert "its last rollout failed" in plan.changes[0].reason


def test_an_interrupted_first_release_is_still_the_first() -> None:
    primary = deployment(2, 2, "IN_PROGRESS", runningCount=0)
    old = deployment(1, 1, desiredCount=0, runningCount=0)
    plan = planned(registered(definition(), 2), primary, old)
    assert plan.first
    assert plan.follow == "ecs-svc/2"


@pytest.mark.parametrize(
    "old", [{"runningCount": 2}, {"runningCount": 0, "desiredCount": 2}], ids=["serving", "down"]
)
def test_an_interrupted_second_release_is_not_the_first(old: dict[str, Any]) -> None:
    primary = deployment(2, 8, "IN_PROGRESS", runningCount=0)
    assert not planned(registered(definition(), 8), primary, deployment(1, 7, **old)).first


def test_a_release_that_was_scaled_to_zero_on_its_way_is_not_the_first_again() -> None:
    primary = deployment(2, 8, "IN_PROGRESS", runningCount=0, desiredCount=0)
    plan = planned(registered(definition(OLD), 8), primary, desiredCount=0)
    assert not plan.first
    assert plan.desired_count is None


def test_what_is_kept_of_the_running_definition_is_said() -> None:
    running = registered(definition(OLD), 7, ephemeralStorage={"sizeInGiB": 50})
    plan = planned(running, deployment(1, 7))
    assert plan.request["ephemeralStorage"] == {"sizeInGiB": 50}
    assert any("ephemeralStorage" in note for note in plan.notes)


def test_a_service_that_was_scaled_to_zero_stays_there_and_it_is_said() -> None:
    plan = planned(registered(definition(OLD), 7), deployment(1, 7), desiredCount=0)
    assert plan.desired_count is None
    assert plan.expected == 0
    assert any("scaled to zero" in note for note in plan.notes)


def test_a_missing_circuit_breaker_is_said() -> None:
    plan = planned(registered(definition(OLD), 7), deployment(1, 7), deploymentConfiguration={})
    assert not plan.rollback
    assert any("circuit breaker" in note for note in plan.notes)


@pytest.mark.parametrize(
    "more", [{"status": "DRAINING"}, {"deploymentController": {"type": "CODE_DEPLOY"}}]
)
def test_a_service_that_can_not_be_deployed_to_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(PreflightError) as caught:
        planned(registered(definition(), 7), deployment(1, 7), **more)
    assert caught.value.remedy


def test_a_secret_is_shown_neither_in_the_plan_nor_in_its_notes() -> None:
    running = registered(definition(), 7)
    running["containerDefinitions"][0]["environment"].append(
        {"name": "DB_PASSWORD", "value": "canary"}
    )
    plan = planned(running, deployment(1, 7))
    assert plan.update
    assert "canary" not in repr((plan.changes, plan.notes))


LOAD_BALANCER = {"targetGroupArn": "arn:group", "containerName": "backend", "containerPort": 8000}


@pytest.mark.parametrize(("port", "moved"), [(8000, ()), (9000, (9000,))])
def test_the_load_balancer_follows_the_port_of_deploy_toml(
    port: int, moved: tuple[int, ...]
) -> None:
    running = registered(definition(OLD), 7)
    state = ServiceState(
        service(deployment(1, 7), loadBalancers=[LOAD_BALANCER]), running, latest=running
    )
    plan = plan_service(BACKEND, definition(port=port), state)
    assert tuple(entry["containerPort"] for entry in plan.load_balancers) == moved
    assert all(entry["targetGroupArn"] == "arn:group" for entry in plan.load_balancers)
