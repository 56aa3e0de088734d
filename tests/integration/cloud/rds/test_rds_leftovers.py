"""What stays of a database when its local cloud ends, and what must not."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import asyncpg
import docker
import pytest
from botocore.exceptions import ClientError

from deploy.cloud.containers import kept_databases, remove_databases
from tests.integration.cloud.rds.world import PASSWORD, Instances
from tests.integration.local_cloud import Cloud, containers_of, eventually, start
from tests.ports import free_port, free_range

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


@contextmanager
def running(log: Path, port: int, *options: str) -> Iterator[tuple[Cloud, Callable[[], None]]]:
    cloud, process = start(log, port, free_range(), *options)
    try:
        yield cloud, lambda: kill(process)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    assert code in (0, -signal.SIGKILL), log.read_text()
    eventually(lambda: not containers_of(cloud.instance), 30)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def left(instance: str) -> list[str]:
    """Return what carries the label of a local cloud."""
    label = {"label": f"shipway.cloud={instance}"}
    with closing(docker.from_env()) as engine:
        volumes = [str(one.name) for one in engine.volumes.list(filters=label)]
        networks = [str(one.name) for one in engine.networks.list(filters=label)]
    return [*containers_of(instance), *volumes, *networks]


def volumes() -> set[str]:
    with closing(docker.from_env()) as engine:
        return {str(one.name) for one in engine.volumes.list()}


def test_a_killed_cloud_leaves_nothing_of_its_databases(tmp_path: Path) -> None:
    with running(tmp_path / "log", free_port()) as (cloud, end):
        name = Instances(cloud).made()
        (container,) = cloud.containers()
        with closing(docker.from_env()) as engine:
            mounted = {m["Name"] for m in engine.containers.get(container).attrs["Mounts"]}
        assert mounted
        assert name in container
        end()
        eventually(lambda: not left(cloud.instance), 30)
        assert not mounted & volumes()


async def test_kept_rows_are_there_again_under_the_new_password(tmp_path: Path) -> None:
    port = free_port()
    try:
        with running(tmp_path / "log", port, "--persist") as (cloud, end):
            first = Instances(cloud)
            first.made(DBInstanceIdentifier="kept")
            async with first.connected("kept") as connection:
                await connection.execute("CREATE TABLE t AS SELECT 42 AS n")
            end()
            eventually(lambda: not left(cloud.instance), 30)
        with running(tmp_path / "log2", port, "--persist") as (cloud, _):
            second = Instances(cloud)
            second.made(DBInstanceIdentifier="kept", MasterUserPassword="another-one")
            async with second.connected("kept", "another-one") as connection:
                assert await connection.fetchval("SELECT n FROM t") == 42
            with pytest.raises(asyncpg.InvalidPasswordError):
                async with second.connected("kept", PASSWORD):
                    pass
        assert len(kept_databases(port)) == 1
    finally:
        remove_databases(port)
    assert kept_databases(port) == ()


def test_a_deleted_database_keeps_nothing(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path / "log", port, "--persist") as (cloud, _):
        instances = Instances(cloud)
        name = instances.made()
        assert len(kept_databases(port)) == 1
        instances.delete(name)
        assert kept_databases(port) == ()


def test_without_an_image_a_database_is_refused_with_the_remedy(tmp_path: Path) -> None:
    options = ("--postgres-image", "localhost:1/no/such-image:17")
    with running(tmp_path / "log", free_port(), *options) as (cloud, _):
        instances = Instances(cloud)
        with pytest.raises(ClientError, match="scripts/setup"):
            instances.create()
        assert instances.rds.describe_db_instances()["DBInstances"] == []
        assert not cloud.containers()


def test_without_docker_a_database_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/docker.sock")
    cloud, process = start(tmp_path / "log", free_port(), free_range())
    monkeypatch.delenv("DOCKER_HOST")
    try:
        with pytest.raises(ClientError, match="no Docker engine answers"):
            Instances(cloud).create()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (tmp_path / "log").read_text()
