"""compose.yaml runs the service as ECS does: whatever drifts apart is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.compose.stack import DATABASE_PORT
from deploy.config.load import load
from deploy.config.model import Config, Database
from tests.unit.dev.parity import DIFFERENCES, compose, differences

VARIABLES: tuple[dict[str, str], ...] = (
    {},
    {"CORS_ORIGINS": "https://app.example.com", "PYTHON_IMAGE": "mirror.example.com/python:3.12"},
)
Change = Callable[[Config], Config]


@pytest.fixture
def root(request: pytest.FixtureRequest) -> Path:
    return request.config.rootpath


def of_file(root: Path, variables: dict[str, str]) -> Config:
    """deploy.toml with these variables alone, as a machine has it that sets no others."""
    nothing = {"POSTGRES_IMAGE": "", "PYTHON_IMAGE": "", "BUILD_CA_BUNDLE": "", "CORS_ORIGINS": ""}
    return load(root, "local", nothing | variables)


def with_database(config: Config) -> Config:
    """What the changes below start from, whether or not deploy.toml asks for a database."""
    backend = config.services["backend"]
    pool = {"DATABASE_POOL_MIN": "2", "DATABASE_POOL_MAX": "10"}
    asked = backend._replace(
        environment={**pool, **backend.environment},
        secrets=backend.secrets or {"DATABASE_URL": "database-url"},
        migrate=backend.migrate or ("alembic", "upgrade", "head"),
    )
    return config._replace(services={"backend": asked}, database=config.database or Database())


def changed(**changes: Any) -> Change:
    def change(config: Config) -> Config:
        service = config.services["backend"]
        return config._replace(services={"backend": service._replace(**changes)})

    return change


def variable(name: str, value: str) -> Change:
    def change(config: Config) -> Config:
        environment = dict(config.services["backend"].environment)
        return changed(environment={**environment, name: value})(config)

    return change


@pytest.mark.parametrize("variables", VARIABLES)
def test_the_files_agree(root: Path, variables: dict[str, str]) -> None:
    config = of_file(root, variables)
    assert differences(config, compose(root, variables)) == set(DIFFERENCES)


CHANGES: dict[str, tuple[Change, str]] = {
    "port": (changed(port=8001), "backend.ports"),
    "health": (changed(health="/up"), "backend.healthcheck.test"),
    "start_period": (changed(start_period=40), "backend.healthcheck.start_period"),
    "user": (changed(user="1000"), "backend.user"),
    "readonly_root": (changed(readonly_root=False), "backend.read_only"),
    "stop_timeout": (changed(stop_timeout=60), "backend.stop_grace_period"),
    "memory": (changed(memory=4096), "backend.mem_limit"),
    "cpu": (changed(cpu=512), "backend.cpus"),
    "command": (changed(migrate=("./manage", "migrate")), "migrate.command"),
    "value": (variable("DATABASE_POOL_MAX", "20"), "backend.environment.DATABASE_POOL_MAX"),
    "variable": (variable("FEATURE", "on"), "migrate.environment.FEATURE"),
    "secret": (changed(secrets={"PGURL": "database-url"}), "backend.environment.PGURL"),
    "version": (lambda config: config._replace(database=Database(version="18")), "database.image"),
    "name": (
        lambda config: config._replace(database=Database(name="other")),
        "database.environment.POSTGRES_DB",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_drifts_apart_is_named(root: Path, name: str) -> None:
    change, path = CHANGES[name]
    config = change(with_database(of_file(root, {})))
    assert path in differences(config, compose(root, {})) - set(DIFFERENCES)


def test_what_may_differ_is_asked_for_by_a_reason() -> None:
    assert all(len(reason.split()) > 3 for reason in DIFFERENCES.values())


def test_every_port_is_open_to_this_machine_alone(root: Path) -> None:
    tables = compose(root, {})
    ports = [port for table in tables.values() for port in table.get("ports", ())]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert tables["database"]["ports"] == [f"127.0.0.1:{DATABASE_PORT}:5432"]


def test_the_migrations_are_those_of_the_service(root: Path) -> None:
    tables = compose(root, {"BACKEND_IMAGE": "one:dev"})
    assert tables["migrate"]["image"] == tables["backend"]["image"] == "one:dev"
    assert tables["migrate"]["environment"] == tables["backend"]["environment"]


def test_an_image_of_postgres_may_be_chosen(root: Path) -> None:
    assert compose(root, {"POSTGRES_IMAGE": "mine:17"})["database"]["image"] == "mine:17"
