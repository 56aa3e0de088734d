"""A task beside a service: what ECS is asked for, and what its end means."""

from typing import Any

import pytest

from deploy.errors import ConfigError, PreflightError
from deploy.service.oneoff import OneOff, ended, log_place, request, started_by
from deploy.service.plan import ServiceState
from tests.unit.service.world import BACKEND, NEW, arn, deployment, service

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}
ECHO = OneOff(("echo", "hello there"))


def definition(image: str = f"registry/demo-backend@{NEW}", **container: Any) -> dict[str, Any]:
    return {
        "taskDefinitionArn": arn(8),
        "containerDefinitions": [{"name": "backend", "image": image, **container}],
    }


def state(running: dict[str, Any] | None = None, **more: Any) -> ServiceState:
    found = service(deployment(1, 8), networkConfiguration=NETWORK, **more)
    return ServiceState(found, running or definition())


def stopped(code: int | None = None, **more: Any) -> dict[str, Any]:
    container = {"name": "backend"} | ({} if code is None else {"exitCode": code})
    values = {"stopCode": "EssentialContainerExited", "stoppedReason": "it said so"}
    return {"lastStatus": "STOPPED", "containers": [container], **values, **more}


def test_the_services_release_and_network_with_another_command() -> None:
    asked = request("demo", BACKEND, state(launchType="FARGATE"), ECHO, "ada")
    assert asked == {
        "cluster": "demo",
        "taskDefinition": arn(8),
        "count": 1,
        "startedBy": "shipway/run/ada",
        "networkConfiguration": NETWORK,
        "launchType": "FARGATE",
        "overrides": {
            "containerOverrides": [{"name": "backend", "command": ["echo", "hello there"]}]
        },
    }


def test_a_strategy_of_the_service_takes_the_place_of_its_launch_type() -> None:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    asked = request("demo", BACKEND, state(capacityProviderStrategy=strategy), ECHO, "ada")
    assert asked["capacityProviderStrategy"] == strategy
    assert "launchType" not in asked


def test_other_sizes_are_the_tasks() -> None:
    wanted = OneOff(("true",), cpu="512", memory="2048")
    overrides = request("demo", BACKEND, state(), wanted, "ada")["overrides"]
    assert (overrides["cpu"], overrides["memory"]) == ("512", "2048")


def test_a_service_that_no_task_of_runs_still_has_its_release() -> None:
    idle = state(desiredCount=0, runningCount=0)
    assert request("demo", BACKEND, idle, ECHO, "ada")["taskDefinition"] == arn(8)


@pytest.mark.parametrize("running", [None, definition("registry/demo-backend:bootstrap")])
def test_without_a_release_there_is_nothing_to_run(running: dict[str, Any] | None) -> None:
    unreleased = ServiceState(service(deployment(1, 1)), running)
    with pytest.raises(PreflightError, match="backend has no release yet") as refused:
        request("demo", BACKEND, unreleased, ECHO, "ada")
    assert "invoke deploy" in refused.value.remedy


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (OneOff(()), "nothing to run"),
        (OneOff(("echo", "x" * 9000)), "longer than the 8192 characters"),
        (OneOff(("true",), cpu="half"), "--cpu half is no size"),
        (OneOff(("true",), memory="0"), "--memory 0 is no size"),
    ],
)
def test_what_ecs_would_not_take_is_refused(wanted: OneOff, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        request("demo", BACKEND, state(), wanted, "ada")


@pytest.mark.parametrize("who", ["ada", "dependabot[bot]", "ada lovelace", "ä" * 300])
def test_who_started_it_is_a_name_that_ecs_takes(who: str) -> None:
    name = started_by(who)
    assert name.startswith("shipway/run/")
    assert len(name) <= 128
    assert all(char.isascii() and (char.isalnum() or char in "/_-") for char in name)


def test_its_lines_are_where_its_definition_sends_them() -> None:
    options = {"awslogs-group": "/demo/api", "awslogs-stream-prefix": "web"}
    logging = {"logDriver": "awslogs", "options": options}
    place = log_place(definition(logConfiguration=logging), "backend")
    assert place
    assert (place.group, place.stream("arn:task/demo/cafe")) == ("/demo/api", "web/backend/cafe")


@pytest.mark.parametrize("logging", [None, {"logDriver": "awsfirelens"}, {"logDriver": "awslogs"}])
def test_lines_that_are_sent_elsewhere_have_no_place(logging: dict[str, Any] | None) -> None:
    assert log_place(definition(logConfiguration=logging), "backend") is None
    assert log_place(definition(), "other") is None


@pytest.mark.parametrize("code", [0, 3, 127, 255])
def test_the_containers_exit_code_is_returned(code: int) -> None:
    found = ended(stopped(code), "backend")
    assert found.code == code
    assert bool(found.reason) == bool(code)


def test_a_task_that_could_not_start_has_failed_with_its_cause() -> None:
    reason = "CannotPullContainerError: no such image"
    containers = [{"name": "backend", "reason": reason}]
    task = stopped(stopCode="TaskFailedToStart", containers=containers)
    found = ended(task, "backend")
    assert found.code == 1
    assert reason in found.reason
    assert "registry" in found.advice


@pytest.mark.parametrize("containers", [[{"name": "backend"}], [], [{"name": "other"}]])
def test_a_missing_exit_code_is_a_failure(containers: list[dict[str, Any]]) -> None:
    found = ended(stopped(containers=containers), "backend")
    assert found.code == 1
    assert "could not start: it said so" in found.reason


@pytest.mark.parametrize(("code", "returned"), [(0, 1), (143, 143)])
def test_a_task_that_somebody_stops_has_not_done_its_work(code: int, returned: int) -> None:
    found = ended(stopped(code, stopCode="UserInitiated", stoppedReason="by ada"), "backend")
    assert found.code == returned
    assert found.reason == "the task was stopped before it was done: by ada"


def test_out_of_memory_says_so() -> None:
    killed = {"name": "backend", "exitCode": 137, "reason": "OutOfMemoryError: killed"}
    found = ended(stopped(containers=[killed]), "backend")
    assert found.code == 137
    assert "out of memory" in found.reason
    assert "memory" in found.advice
