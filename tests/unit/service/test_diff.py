"""Desired against running: golden cases of the diff, and what survives a merge."""

import copy
from typing import Any

import pytest

from deploy.events import Change
from deploy.service.definition import image_reference, render
from deploy.service.diff import REDACTED, diff, kept_paths, merged, same
from tests.unit.service.world import BACKEND, NEW, OLD, arn, config_of, service_of

C = "$.containerDefinitions[backend]"


def desired(digest: str = NEW, **changes: Any) -> dict[str, Any]:
    service = service_of(**changes)
    image = image_reference(BACKEND.repository_url, digest)
    return render(config_of(service), service, BACKEND, image)


def registered(definition: dict[str, Any]) -> dict[str, Any]:
    """As DescribeTaskDefinition returns it: with all that ECS adds and fills in."""
    reply = copy.deepcopy(merged(definition, None))
    del reply["tags"]
    reply |= {
        "taskDefinitionArn": arn(7),
        "revision": 7,
        "status": "ACTIVE",
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.task-iam-role"}],
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": 1,
        "registeredBy": "arn:aws:iam::000000000000:root",
        "placementConstraints": [],
        "enableFaultInjection": False,
    }
    for entry in reply["containerDefinitions"]:
        entry |= {"cpu": 0, "volumesFrom": [], "systemControls": []}
        entry["environment"].reverse()
        entry["portMappings"][0] |= {"hostPort": entry["portMappings"][0]["containerPort"]}
    return reply


def test_what_ecs_adds_is_no_difference() -> None:
    assert diff(desired(), registered(desired())) == ()


def test_what_the_local_cloud_returns_is_no_difference() -> None:
    reply = registered(desired()) | {"pidMode": "", "ipcMode": "", "proxyConfiguration": None}
    assert diff(desired(), reply) == ()
    assert "pidMode" not in merged(desired(), reply)


def test_golden_a_new_image_and_a_variable_of_each_kind() -> None:
    running = registered(desired(OLD, environment={"A": "1", "B": "2"}))
    assert diff(desired(NEW, environment={"B": "3", "C": "4"}), running) == (
        Change("-", f"{C}.environment[A]", "gone from deploy.toml or the template", "1", None),
        Change("~", f"{C}.environment[B]", "differs", "2", "3"),
        Change("+", f"{C}.environment[C]", "new", None, "4"),
        Change(
            "~",
            f"{C}.image",
            "another image",
            f"localhost:4566/demo-backend@{OLD}",
            f"localhost:4566/demo-backend@{NEW}",
        ),
    )


def test_golden_size_port_health_and_command() -> None:
    running = registered(desired(command=("uvicorn",)))
    changes = diff(desired(memory=4096, port=9000, start_period=20, command=("hyper",)), running)
    assert [(change.sign, change.subject) for change in changes] == [
        ("~", f"{C}.command"),
        ("~", f"{C}.healthCheck.command"),
        ("~", f"{C}.healthCheck.startPeriod"),
        ("-", f"{C}.portMappings[8000/tcp].containerPort"),
        ("+", f"{C}.portMappings[9000/tcp].containerPort"),
        ("~", "$.memory"),
    ]


def test_the_order_of_a_command_counts() -> None:
    running = registered(desired(command=("a", "b")))
    assert len(diff(desired(command=("b", "a")), running)) == 1


def test_a_variable_set_to_nothing_is_not_a_missing_one() -> None:
    running = registered(desired(environment={}))
    (change,) = diff(desired(environment={"EMPTY": ""}), running)
    assert (change.sign, change.after) == ("+", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "hunter2"),
        ("STRIPE_API_KEY", "hunter2"),
        ("session_secret", "hunter2"),
        ("GITHUB_TOKEN", "hunter2"),
        ("DATABASE_URL", "postgresql://app:hunter2@db/app"),
        ("WHERE", "https://:hunter2@host"),
        ("ID", "AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_values_that_look_secret_are_redacted(name: str, value: str) -> None:
    running = registered(desired(environment={name: "before-" + value}))
    (change,) = diff(desired(environment={name: value}), running)
    assert change.after == REDACTED
    assert "hunter2" not in repr(change)
    assert "AKIA" not in repr(change)


def test_where_a_secret_is_may_be_seen() -> None:
    running = registered(desired(secrets={"DB_PASSWORD": "arn:aws:ssm:one"}))
    (change,) = diff(desired(secrets={"DB_PASSWORD": "arn:aws:ssm:two"}), running)
    assert change.after == "arn:aws:ssm:two"


def test_a_container_with_a_secretive_name_hides_nothing() -> None:
    running = registered(desired(environment={"AUTHOR": "a", "LOG_LEVEL": "info"}))
    changes = diff(desired(environment={"AUTHOR": "b", "LOG_LEVEL": "debug"}), running)
    assert [change.after for change in changes] == ["b", "debug"]


def with_console_changes() -> dict[str, Any]:
    running = registered(desired(OLD))
    running["ephemeralStorage"] = {"sizeInGiB": 50}
    running["volumes"].append({"name": "models", "efsVolumeConfiguration": {"fileSystemId": "fs"}})
    backend = running["containerDefinitions"][0]
    backend["ulimits"] = [{"name": "nofile", "softLimit": 4096, "hardLimit": 4096}]
    backend["linuxParameters"]["sharedMemorySize"] = 64
    backend["mountPoints"].append({"sourceVolume": "models", "containerPath": "/models"})
    running["containerDefinitions"].append({"name": "datadog", "image": "datadog/agent:7"})
    return running


def test_what_somebody_added_in_the_console_survives() -> None:
    request = merged(desired(), with_console_changes())
    assert request["ephemeralStorage"] == {"sizeInGiB": 50}
    backend, datadog = request["containerDefinitions"]
    assert datadog["name"] == "datadog"
    assert backend["ulimits"][0]["softLimit"] == 4096
    assert backend["linuxParameters"] == {"initProcessEnabled": True, "sharedMemorySize": 64}
    assert [entry["containerPath"] for entry in backend["mountPoints"]] == ["/tmp", "/models"]
    assert [entry["name"] for entry in request["volumes"]] == ["shipway-tmp", "models"]
    assert backend["image"].endswith(NEW)


def test_it_is_said_what_survived() -> None:
    paths = kept_paths(desired(), merged(desired(), with_console_changes()))
    assert f"{C}.linuxParameters.sharedMemorySize" in paths
    assert "$.ephemeralStorage.sizeInGiB" in paths
    assert not [path for path in paths if "environment" in path]


def test_nothing_that_ecs_added_is_sent_back() -> None:
    request = merged(desired(), with_console_changes())
    unwanted = {"taskDefinitionArn", "revision", "status", "registeredBy", "compatibilities"}
    assert not unwanted & request.keys()


def test_survivors_cause_no_revision_of_their_own() -> None:
    running = with_console_changes()
    assert same(merged(desired(OLD), running), running)


def test_a_variable_that_left_the_configuration_does_not_survive() -> None:
    request = merged(desired(environment={}), registered(desired(environment={"A": "1"})))
    assert request["containerDefinitions"][0]["environment"] == []


def test_own_settings_that_left_the_configuration_do_not_survive() -> None:
    running = registered(desired(command=("uvicorn",)))
    request = merged(desired(health="", readonly_root=False), running)
    backend = request["containerDefinitions"][0]
    assert backend["command"] == []
    assert "healthCheck" not in backend
    assert backend["mountPoints"] == []
    assert request["volumes"] == []
    assert backend["readonlyRootFilesystem"] is False
