"""Docker Compose for the tests: found, installed, or named with the remedy."""

import pytest

from deploy.compose import tool
from deploy.errors import PreflightError
from scripts.machine import compose, debian

Machine = dict[str, str]  # the commands that it has, and their versions


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A Debian 12 that has the package, and where nothing is installed yet."""
    made: Machine = {}

    def find() -> tuple[str, ...]:
        if not made:
            raise PreflightError("there is no Docker Compose", remedy="install it")
        return tuple(next(iter(made)).split())

    def install(package: str) -> None:
        made[package] = "1.29.2"

    monkeypatch.setattr(tool, "find", find)
    monkeypatch.setattr(compose, "output", lambda argv: made[" ".join(argv[:-2])] + "\n")
    monkeypatch.setattr(debian, "install", install)
    monkeypatch.setattr(debian, "known", lambda *names: names[1:])
    return made


def test_what_is_there_stays(machine: Machine) -> None:
    machine["docker compose"] = "2.40.0"
    assert compose.prepare() == "found, docker compose 2.40.0"


def test_what_is_missing_is_installed(machine: Machine) -> None:
    assert compose.prepare() == "installed, docker-compose 1.29.2"


def test_lists_that_were_never_fetched_are_no_reason_to_stop(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "known", lambda *_: ())
    assert compose.prepare() == "installed, docker-compose 1.29.2"


def test_who_may_not_install_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(package: str) -> None:
        raise PreflightError("must be installed", remedy=f"apt-get install {package}")

    monkeypatch.setattr(debian, "install", refuse)
    with pytest.raises(PreflightError) as caught:
        compose.prepare()
    assert caught.value.remedy == "apt-get install docker-compose"
