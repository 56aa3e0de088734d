"""Nothing outlives a local cloud, and nothing is pretended without Docker."""

import os
import signal
from contextlib import closing
from pathlib import Path

import docker
import pytest

from scripts.machine import base_image
from tests.integration.cloud.ecs.world import World
from tests.integration.local_cloud import containers_of, eventually, start
from tests.ports import free_port, free_range

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


@pytest.fixture
def local_image() -> str:
    """An image of this machine, which needs no registry."""
    return base_image.prepare(base_image.BACKEND, os.environ.get("PYTHON_IMAGE"))[0]


def sleeper(world: World, **options: object) -> str:
    return world.register(
        world.container(entryPoint=["sleep", "3600"], portMappings=None, **options)
    )


def test_a_killed_cloud_leaves_no_container_volume_or_network(
    tmp_path: Path, local_image: str
) -> None:
    cloud, process = start(tmp_path / "log", free_port(), free_range())
    try:
        world = World(cloud, local_image)
        definition = sleeper(world)
        for _ in range(2):
            world.in_status(world.run(definition)["taskArn"], "RUNNING")
        assert len(cloud.containers()) == 2
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    eventually(lambda: not containers_of(cloud.instance), 30)
    with closing(docker.from_env()) as engine:
        label = {"label": f"shipway.cloud={cloud.instance}"}
        assert engine.volumes.list(filters=label) == []
        eventually(lambda: not engine.networks.list(filters=label), 30)


def test_without_docker_a_task_fails_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local_image: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/docker.sock")
    cloud, process = start(tmp_path / "log", free_port(), free_range())
    monkeypatch.delenv("DOCKER_HOST")
    try:
        world = World(cloud, local_image)
        task = world.finish(sleeper(world))
        assert task["stopCode"] == "TaskFailedToStart"
        assert task["stoppedReason"].startswith("CannotPullContainerError")
        assert task["containers"][0]["lastStatus"] == "STOPPED"
        assert "runtimeId" not in task["containers"][0]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (tmp_path / "log").read_text()
