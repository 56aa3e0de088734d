"""Before the quickstart starts anything: all that this machine lacks, at once."""

from pathlib import Path

import pytest

from deploy import machine as this_machine
from deploy import quickstart
from deploy.cloud.embedded import Launch
from deploy.cloud.state import CloudStatus
from deploy.config.model import Config, Database, Environment, Site
from deploy.errors import ConfigError, PreflightError
from deploy.events import Event, Finished, Note
from deploy.machine import gateway_port
from deploy.quickstart import check_machine, launch, without_success


def config(endpoint: str | None = "http://localhost:4566") -> Config:
    site = Site("frontend", Path("frontend"), Path("frontend/dist"))
    environment = Environment("local", "us-east-1", endpoint=endpoint)
    return Config(Path(), "demo", environment, {}, {"frontend": site})


def silent_docker() -> None:
    raise PreflightError("Docker does not answer", remedy="start it")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine that has everything, and where nothing runs yet."""
    down = CloudStatus(running=False, endpoint="http://localhost:4566")
    monkeypatch.setattr(quickstart, "check_docker", lambda: None)
    monkeypatch.setattr(quickstart, "check_buildkit", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(this_machine, "look", lambda _: down)
    monkeypatch.setattr(this_machine, "listens", lambda _: False)
    return monkeypatch


def lacks() -> PreflightError:
    with pytest.raises(PreflightError) as caught:
        check_machine(config(), lambda _: None)
    return caught.value


def test_a_machine_that_has_everything_passes(machine: pytest.MonkeyPatch) -> None:
    check_machine(config(), lambda _: None)


def test_one_missing_thing_is_told_with_its_remedy(machine: pytest.MonkeyPatch) -> None:
    machine.setattr("shutil.which", lambda name: None if name == "terraform" else name)
    error = lacks()
    assert "terraform is not installed" in error.message
    assert "install 1.11 or later" in error.remedy


def test_all_missing_things_are_told_together(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(quickstart, "check_docker", silent_docker)
    machine.setattr("shutil.which", lambda _: None)
    machine.setattr(this_machine, "listens", lambda _: True)
    error = lacks()
    assert error.message == "this machine lacks 5 things"
    assert [line.split(":")[0] for line in error.details] == [
        "Docker does not answer",
        "terraform is not installed",
        "npm is not installed; a site is built with it",
        "port 8000, of the load balancer, is taken by another program",
        "port 8080, of the CDN, is taken by another program",
    ]


def test_a_database_has_a_port_too(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(this_machine, "listens", lambda port: port == 15432)
    check_machine(config(), lambda _: None)
    with pytest.raises(PreflightError, match="port 15432, of the database, is taken") as caught:
        check_machine(config()._replace(database=Database()), lambda _: None)
    assert "database_port" in caught.value.remedy


def test_the_local_cloud_is_started_as_its_environment_says() -> None:
    place = Environment(
        "local",
        "us-east-1",
        port=1,
        site_port=2,
        database_port=3,
        postgres_image="mine:1",
        persist=True,
    )
    assert launch(place) == Launch(1, 2, 3, "mine:1", persist=True)


def test_the_port_of_our_own_local_cloud_is_not_taken(machine: pytest.MonkeyPatch) -> None:
    up = CloudStatus(running=True, endpoint="http://localhost:4566")
    machine.setattr(this_machine, "listens", lambda _: True)
    machine.setattr(this_machine, "look", lambda _: up)
    check_machine(config(), lambda _: None)


@pytest.mark.parametrize("endpoint", [None, "https://sqs.us-east-1.amazonaws.com", "http://x:1"])
def test_only_an_endpoint_on_this_machine_is_a_local_cloud(endpoint: str | None) -> None:
    with pytest.raises(ConfigError, match="is no local cloud's"):
        gateway_port(config(endpoint))


def test_the_end_of_a_part_is_told_only_if_it_failed() -> None:
    told: list[Event] = []
    emit = without_success(told.append)
    failed = Finished("rolled back", 4, 1.0)
    for event in (Note("x"), Finished("succeeded", 0, 1.0), failed):
        emit(event)
    assert told == [Note("x"), failed]
