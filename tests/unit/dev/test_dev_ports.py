"""Which ports `invoke dev` takes, and who has one that is taken."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploy import dev_ports
from deploy.dev_ports import LOAD_BALANCER, number, owner, ports_of, refuse_taken, taken
from deploy.errors import ConfigError, PreflightError
from tests.unit.service.world import config_of, service_of

CONFIG = config_of()
WEB = SimpleNamespace(name="web_1", labels={"com.docker.compose.project": "shop"})


class Engine:
    """Containers by the port of the machine that each has."""

    def __init__(self, **containers: Any) -> None:
        self.by_port, self.containers = containers, self

    def list(self, *, filters: dict[str, str], **_: Any) -> list[Any]:
        found = self.by_port.get(f"p{filters['publish']}")
        return [found] if found else []


def engine(**containers: Any) -> Any:
    return cast("Any", Engine(**containers))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine whose port 8000 somebody has, nobody knows who."""
    monkeypatch.setattr(dev_ports, "listens", lambda port: port == 8000)
    monkeypatch.setattr(dev_ports, "port_user", lambda *_: "another")
    monkeypatch.setattr(dev_ports.ports, "listener", lambda _: "")  # type: ignore[attr-defined]
    return monkeypatch


def test_the_ports_are_those_of_deploy_toml() -> None:
    assert ports_of(CONFIG, {}) == {"BACKEND_PORT": 8000, "DATABASE_PORT": 5433}
    other = CONFIG._replace(services={"api": service_of(name="api", port=9000)})
    assert ports_of(other, {})["API_PORT"] == 9000


def test_a_variable_goes_before_and_an_option_before_both() -> None:
    known = {"BACKEND_PORT": "8100", "DATABASE_PORT": "5500"}
    assert ports_of(CONFIG, known) == {"BACKEND_PORT": 8100, "DATABASE_PORT": 5500}
    asked = ports_of(CONFIG, known, 8200, 5600)
    assert asked == {"BACKEND_PORT": 8200, "DATABASE_PORT": 5600}


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80.5", "٣"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no port"):
        number("--port", text)


def test_an_option_that_was_not_given_is_no_port_of_its_own() -> None:
    assert number("--port", "") == 0


def test_free_ports_pass(machine: pytest.MonkeyPatch) -> None:
    refuse_taken(CONFIG, {"BACKEND_PORT": 8001, "DATABASE_PORT": 5433}, engine())


def test_the_local_cloud_is_told_by_its_name_with_both_ways_out(
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setattr(dev_ports, "port_user", lambda *_: "ours")
    with pytest.raises(PreflightError) as caught:
        refuse_taken(CONFIG, {"BACKEND_PORT": 8000}, engine(p8000=WEB))
    assert caught.value.message == "port 8000 is taken by the local cloud's load balancer"
    assert "`invoke dev --port 8001`" in caught.value.remedy
    assert "`invoke cloud.down`" in caught.value.remedy


def test_a_container_is_told_with_its_project(machine: pytest.MonkeyPatch) -> None:
    assert owner(CONFIG, 8000, engine(p8000=WEB)) == "container web_1 of shop"


def test_a_program_is_told_by_its_process(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(dev_ports.ports, "listener", lambda _: "node (process 42)")  # type: ignore[attr-defined]
    assert owner(CONFIG, 8000, engine()) == "node (process 42)"


def test_who_can_not_be_told_is_another_program() -> None:
    assert taken(8000, "--port", "").message == "port 8000 is taken by another program"


def test_the_database_has_an_option_of_its_own(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(dev_ports, "listens", lambda port: port == 5433)
    with pytest.raises(PreflightError) as caught:
        refuse_taken(CONFIG, ports_of(CONFIG, {}), engine())
    assert caught.value.remedy.startswith("`invoke dev --database-port 5434`")


def test_on_an_environment_without_a_local_cloud_it_has_nothing(
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setattr(dev_ports, "port_user", lambda *_: "ours")
    aws = CONFIG._replace(environment=CONFIG.environment._replace(endpoint=None))
    assert owner(aws, 8000, engine()) != LOAD_BALANCER
