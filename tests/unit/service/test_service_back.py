"""The plan that returns a service to a revision of before."""

from typing import Any

import pytest

from deploy.errors import PreflightError
from deploy.service.back import Earlier, is_rolling, plan_return, runs
from deploy.service.plan import ServiceState
from tests.unit.service.world import BACKEND, NEW, OLD, arn, deployment, service

HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


def definition(revision: int, digest: str = OLD, **more: Any) -> dict[str, Any]:
    pairs = {"APP_SOURCE_TAG": f"src-{revision}", "APP_COMMIT": "3f9a1c2d"}
    container = {
        "name": "backend",
        "image": f"{HOST}/demo/backend@{digest}",
        "environment": [{"name": name, "value": value} for name, value in pairs.items()],
        "portMappings": [{"containerPort": more.pop("port", 8000)}],
    }
    return {
        "taskDefinitionArn": arn(revision),
        "family": "demo-backend",
        "status": "ACTIVE",
        "containerDefinitions": [container],
        **more,
    }


def earlier(revision: int = 5, **more: Any) -> Earlier:
    return Earlier(arn(revision), "backend", definition(revision, **more))


def state(rollout: str = "COMPLETED", **more: Any) -> ServiceState:
    return ServiceState(service(deployment(1, 7, rollout), **more), definition(7, NEW))


def test_it_updates_to_the_revision_and_registers_nothing() -> None:
    plan = plan_return(BACKEND, state(), earlier(), "as in release 3f9a1c2")
    assert (plan.register, plan.update, plan.force, plan.follow) == (False, True, False, "")
    assert (plan.definition_arn, plan.digest, plan.running_arn) == (arn(5), OLD, arn(7))
    assert (plan.expected, plan.desired_count, plan.rollback) == (2, None, True)
    first, *rest = plan.changes
    assert (first.before, first.after) == ("demo-backend:7", "demo-backend:5")
    assert "release 3f9a1c2: image sha256:aaaaaaaaaaaa, commit 3f9a1c2d" in first.reason
    assert {line.subject.rpartition(".")[2] for line in rest} == {
        "image",
        "environment[APP_SOURCE_TAG]",
    }


def test_what_the_plan_shows_tells_no_secret() -> None:
    old = definition(5)
    old["containerDefinitions"][0]["environment"].append(
        {"name": "DB_PASSWORD", "value": "hunter2"}
    )
    plan = plan_return(BACKEND, state(), Earlier(arn(5), "backend", old), "")
    assert "hunter2" not in str(plan.changes)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "demo-backend:5 is gone"),
        (definition(5, status="INACTIVE"), "demo-backend:5 is INACTIVE"),
        (definition(5, digest="latest"), "names its image by a tag"),
    ],
)
def test_a_revision_that_can_not_run_again_is_refused(found: Any, told: str) -> None:
    gone = Earlier(arn(5), "backend", found)
    assert told in gone.why_not
    with pytest.raises(PreflightError, match=told):
        plan_return(BACKEND, state(), gone, "")


def test_what_its_image_is_and_where() -> None:
    found = earlier()
    assert (found.repository, found.digest, found.source_tag) == ("demo/backend", OLD, "src-5")
    unknown = Earlier(arn(5), "backend", None)
    assert (unknown.repository, unknown.digest, unknown.commit) == ("", "", "unknown")


def test_a_rollout_to_just_that_revision_is_followed() -> None:
    plan = plan_return(BACKEND, state("IN_PROGRESS"), earlier(7, digest=NEW), "")
    assert (plan.update, plan.follow, plan.changed) == (False, "ecs-svc/1", True)
    assert is_rolling(state("IN_PROGRESS"))


def test_another_rollout_is_replaced_and_that_is_told() -> None:
    plan = plan_return(BACKEND, state("IN_PROGRESS"), earlier(), "")
    assert (plan.update, plan.follow) == (True, "")
    assert "demo-backend:7 is still being rolled out" in plan.notes[0]


def test_a_revision_whose_rollout_failed_is_rolled_out_again() -> None:
    assert runs(state("FAILED")) == ""
    plan = plan_return(BACKEND, state("FAILED"), earlier(7, digest=NEW), "")
    assert (plan.update, plan.force) == (True, True)


def test_a_service_that_was_never_released_runs_nothing() -> None:
    bootstrap = definition(1)
    bootstrap["containerDefinitions"][0]["image"] = f"{HOST}/demo/backend:bootstrap"
    assert runs(ServiceState(service(deployment(1, 1)), bootstrap)) == ""
    assert runs(ServiceState(service(deployment(1, 1)), None)) == ""
    assert runs(state()) == arn(7)


def test_the_load_balancer_follows_the_port_back() -> None:
    balancers = [{"containerName": "backend", "containerPort": 8000, "targetGroupArn": "g"}]
    plan = plan_return(BACKEND, state(loadBalancers=balancers), earlier(port=9000), "")
    assert plan.load_balancers[0]["containerPort"] == 9000


def test_scaled_to_zero_is_told() -> None:
    plan = plan_return(BACKEND, state(desiredCount=0), earlier(), "")
    assert "scaled to zero" in plan.notes[0]
