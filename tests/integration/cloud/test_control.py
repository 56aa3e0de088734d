"""`cloud.up`, `cloud.down`, `cloud.status`, as a person meets them."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from deploy.cloud import control
from deploy.cloud.embedded import Launch
from deploy.cloud.state import CloudStatus, Home
from deploy.errors import PreflightError
from deploy.events import Event, Note, PhaseEnded
from tests.integration.cloud.distribution import Site
from tests.integration.cloud.rds.world import Instances
from tests.integration.local_cloud import ROOT, Cloud, containers_of, eventually, postgres_image
from tests.ports import free_port, free_range

pytestmark = pytest.mark.ecs


class Project:
    """A project's folder with the local cloud in it, and what was told while it was driven."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.base = free_range()
        self.events: list[Event] = []
        self.persist = False
        (root / "localstack").symlink_to(ROOT / "localstack")

    def up(self) -> CloudStatus:
        image = postgres_image()
        return control.up(
            self.root,
            self.port,
            self.events.append,
            Launch(self.base, self.base + 10, self.base + 15, image, persist=self.persist),
        )

    def down(self) -> CloudStatus:
        return control.down(self.root, self.port, self.events.append)

    def status(self) -> CloudStatus:
        return control.status(self.root, self.port, self.events.append)

    @property
    def notes(self) -> str:
        return "\n".join(event.text for event in self.events if isinstance(event, Note))

    @property
    def cloud(self) -> Cloud:
        return Cloud(f"http://127.0.0.1:{self.port}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("LOCALSTACK_AUTH_TOKEN", raising=False)
    made = Project(tmp_path)
    try:
        yield made
    finally:
        made.down()
        assert not made.cloud.containers()


@pytest.fixture
def image() -> Iterator[str]:
    """A tiny image, for a container that stands for one of the local cloud."""
    with closing(docker.from_env()) as engine:
        name = f"control-test-{os.getpid()}"
        engine.api.import_image_from_data(b"\0" * 10240, repository=name, tag="latest")
        yield f"{name}:latest"
        engine.images.remove(f"{name}:latest", force=True)


def container(image: str, label: str, instance: str) -> None:
    with closing(docker.from_env()) as engine:
        engine.containers.create(image, command=["none"], labels={label: instance})


def test_up_twice_and_down_twice(project: Project) -> None:
    first = project.up()
    assert first.running
    assert first.kind == "embedded"
    assert first.log == Home(project.root, project.port).log
    assert any(isinstance(event, PhaseEnded) and event.ok for event in project.events)
    assert project.up().pid == first.pid
    assert "already up" in project.notes
    assert not project.down().running
    assert not project.down().running
    assert "no local cloud is running" in project.notes


def test_status_shows_where_load_balancers_listen(project: Project) -> None:
    project.up()
    elb = project.cloud.client("elbv2")
    reply = elb.create_load_balancer(Name="shown", Subnets=["subnet-1"])
    config = {"StatusCode": "200", "MessageBody": "hello", "ContentType": "text/plain"}
    elb.create_listener(
        LoadBalancerArn=reply["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": config}],
    )
    assert project.status().urls == (("shown", f"http://localhost:{project.base}"),)
    assert f"load balancer shown: http://localhost:{project.base}" in project.notes


def test_status_shows_where_distributions_are(project: Project) -> None:
    project.up()
    site = Site(project.cloud).publish()
    url = f"http://localhost:{project.base + 10}"
    assert project.status().sites == ((site.id, url),)
    assert f"distribution {site.id}: {url}" in project.notes


@pytest.mark.docker
def test_status_shows_where_databases_are_and_what_ails_them(project: Project) -> None:
    project.up()
    instances = Instances(project.cloud)
    instances.made(DBInstanceIdentifier="shown")
    url = f"postgresql://app@localhost:{project.base + 15}/app"
    assert project.status().databases == (("shown", url),)
    assert f"database shown: {url}" in project.notes
    instances.rds.stop_db_instance(DBInstanceIdentifier="shown")
    instances.until("shown", "stopped")
    project.status()
    assert "database shown: stopped" in project.notes


def test_status_without_one(project: Project) -> None:
    assert not project.status().running
    assert "no local cloud answers" in project.notes


def test_a_port_of_another_program_is_refused(project: Project) -> None:
    with socket.create_server(("127.0.0.1", project.port)):
        with pytest.raises(PreflightError, match="taken by another program") as caught:
            project.up()
        assert "lsof" in caught.value.remedy
        assert caught.value.exit_code == 3
        with pytest.raises(PreflightError, match="taken by another program"):
            project.down()


def test_a_failed_start_shows_the_log(project: Project) -> None:
    (project.root / "localstack").unlink()
    with pytest.raises(PreflightError, match="ended with exit code 1") as caught:
        project.up()
    assert any("No module named localcloud" in line for line in caught.value.details)
    assert not project.status().running


def test_the_cloud_of_another_folder_is_left_alone(project: Project, tmp_path: Path) -> None:
    project.up()
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(PreflightError, match="not started from this folder"):
        control.down(other, project.port, project.events.append)
    assert project.status().running


def test_a_stale_pid_of_another_process_is_left_alone(project: Project) -> None:
    home = Home(project.root, project.port)
    home.folder.mkdir(parents=True)
    home.pid_file.write_text(str(os.getpid()))
    assert not project.down().running
    assert not home.pid_file.exists()


@pytest.mark.docker
@pytest.mark.parametrize("label", ["shipway.cloud", "ministack.instance"])
def test_down_removes_what_is_left(project: Project, image: str, label: str) -> None:
    container(image, label, project.cloud.instance)
    project.down()
    assert not project.cloud.containers()
    assert "removed what was left" in project.notes


@pytest.mark.docker
def test_containers_of_others_stay(project: Project, image: str) -> None:
    other = f"{socket.gethostname()}:1"
    container(image, "shipway.cloud", other)
    project.up()
    project.down()
    left = containers_of(other)
    assert len(left) == 1
    with closing(docker.from_env()) as engine:
        engine.containers.get(left[0]).remove(force=True)


@pytest.mark.docker
def test_no_container_survives_kill_9(project: Project, image: str) -> None:
    """Not even without a `cloud.down`: the reaper sees that its pipe has ended."""
    started = project.up()
    assert started.pid is not None
    container(image, "shipway.cloud", project.cloud.instance)
    os.kill(started.pid, signal.SIGKILL)
    eventually(lambda: not project.cloud.containers())
    assert not project.status().running
    assert project.up().pid != started.pid


@pytest.mark.docker
def test_down_right_after_kill_9(project: Project, image: str) -> None:
    """`down` and the reaper remove the same containers at the same time."""
    started = project.up()
    assert started.pid is not None
    for _ in range(5):
        container(image, "shipway.cloud", project.cloud.instance)
    os.kill(started.pid, signal.SIGKILL)
    project.down()
    assert not project.cloud.containers()


def test_the_users_aws_profile_does_not_matter(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-in-any-file")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    assert project.up().running


def test_with_a_token_localstack_is_started(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a stand-in for docker, since there is no token here: what is called, and with what."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n'
        f'echo "$SHIPWAY_CLOUD_PORT ${{LOCALSTACK_AUTH_TOKEN:+token}}" >> {tmp_path}/calls\n'
    )
    (tools / "docker").chmod(0o755)
    monkeypatch.setenv("LOCALSTACK_AUTH_TOKEN", "ls-secret-token")
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(PreflightError, match="LocalStack does not answer"):
        project.up()
    calls = (tmp_path / "calls").read_text()
    assert "up --detach --wait" in calls
    assert f"{project.port} token" in calls
    assert "ls-secret-token" not in calls


def test_the_compose_file_is_on_loopback_and_pinned() -> None:
    text = (ROOT / "localstack" / "compose.yaml").read_text()
    assert '"127.0.0.1:${SHIPWAY_CLOUD_PORT:-4566}:4566"' in text
    assert "latest" not in text
