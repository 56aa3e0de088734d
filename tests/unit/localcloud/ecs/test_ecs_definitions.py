from typing import Any

import pytest

from localcloud.ecs import definitions
from localcloud.wire import ApiError

FARGATE: dict[str, Any] = {
    "family": "app",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "app:1"}],
}


def refused(**change: Any) -> str:
    with pytest.raises(ApiError) as caught:
        definitions.check({**FARGATE, **change})
    assert caught.value.code == "ClientException"
    return caught.value.message


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [
        ("256", "512"),
        ("1024", "2048"),
        ("1 vCPU", "2 GB"),
        (".25 vcpu", "0.5GB"),
        ("16384", "122880"),
    ],
)
def test_fargate_s_pairs_of_cpu_and_memory(cpu: str, memory: str) -> None:
    definitions.check({**FARGATE, "cpu": cpu, "memory": memory})


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", "4096"), ("1024", "1024"), ("300", "512"), ("4096", "8000")]
)
def test_other_pairs_are_refused(cpu: str, memory: str) -> None:
    assert refused(cpu=cpu, memory=memory) == "No Fargate configuration exists for given values."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"containerDefinitions": []}, "Container list cannot be empty."),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"cpu": None}, "'cpu' be defined"),
        ({"memory": None}, "memory"),
        ({"cpu": "much"}, "Invalid 'cpu' setting"),
        ({"containerDefinitions": [{"name": "a", "image": "i", "essential": False}]}, "essential"),
        ({"containerDefinitions": [{"name": "a"}]}, "Container.image"),
        ({"containerDefinitions": [{"name": "a", "image": "i"}] * 2}, "unique"),
        ({"volumes": [{"name": "v", "host": {"sourcePath": "/"}}]}, "host.sourcePath"),
    ],
)
def test_what_ecs_refuses(change: dict[str, Any], message: str) -> None:
    assert message in refused(**change)


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"mountPoints": [{"sourceVolume": "none"}]}, "Unknown volume 'none'"),
        ({"dependsOn": [{"containerName": "none", "condition": "START"}]}, "unknown container"),
        ({"logConfiguration": {"logDriver": "awslogs", "options": {}}}, "requires options"),
    ],
)
def test_what_is_refused_in_a_container(container: dict[str, Any], message: str) -> None:
    assert message in refused(containerDefinitions=[{"name": "a", "image": "i", **container}])


def test_what_ecs_adds_and_what_it_keeps() -> None:
    container = {"name": "app", "image": "i", "portMappings": [{"containerPort": 80}], "x": "kept"}
    found = definitions.stored({**FARGATE, "containerDefinitions": [container]})
    assert found["compatibilities"] == ["EC2", "FARGATE"]
    assert found["containerDefinitions"] == [
        {
            "name": "app",
            "image": "i",
            "x": "kept",
            "cpu": 0,
            "essential": True,
            "environment": [],
            "mountPoints": [],
            "volumesFrom": [],
            "systemControls": [],
            "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        }
    ]
