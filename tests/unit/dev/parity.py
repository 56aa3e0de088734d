"""What compose.yaml must say for a service to run in development as its task definition says."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.config.interpolate import interpolate
from deploy.config.model import Config, Service
from deploy.service.definition import render
from tests.unit.service.world import BACKEND, NEW

FILES = ("compose.yaml", "compose.override.yaml")
Tables = dict[str, Any]

REST = "needed here only; RDS sees to it on AWS"
ORDER = "Compose starts in this order; on AWS a deploy does"
VALUE = "the value on ECS is Secrets Manager's; here it is of the database beside it"
NAME = "a name on this machine; on ECS a digest in the registry"
FILES_OF_OURS = "the files of this folder, so that a change is seen"

# All that may differ, and why. Whatever is not in this list must be equal.
DIFFERENCES = {
    "backend.image": NAME,
    "backend.depends_on": ORDER,
    "backend.environment.DATABASE_URL": VALUE,
    "backend.command": "the same program, started anew when a file changes",
    "backend.volumes": FILES_OF_OURS,
    "migrate.image": NAME,
    "migrate.depends_on": ORDER,
    "migrate.environment.DATABASE_URL": VALUE,
    "migrate.volumes": FILES_OF_OURS,
    "database.environment.POSTGRES_USER": REST,
    "database.environment.POSTGRES_PASSWORD": "on AWS nobody knows it; here it opens one machine",
    "database.environment.PGDATA": REST,
    "database.healthcheck": REST,
    "database.ports": "for psql on this machine; on AWS only tasks reach the database",
    "database.stop_signal": REST,
    "database.volumes": REST,
}


def compose(root: Path, variables: Mapping[str, str]) -> Tables:
    """Return the services of both files as Compose merges them, with these variables."""
    merged: Tables = {}
    for name in FILES:
        read = interpolate(yaml.safe_load((root / name).read_text()), variables, missing)
        for service, table in read["services"].items():
            merged[service] = {**merged.get(service, {}), **copy.deepcopy(table)}
    return merged


def missing(path: str, message: str) -> None:
    raise AssertionError(f"{path}: {message}")


def expected(config: Config) -> Tables:
    """Return what deploy.toml and the task definition, in Compose's words, ask for."""
    (service,) = config.services.values()
    reference = f"{BACKEND.repository_url}@{NEW}"
    definition = render(config, service, BACKEND, reference)
    container = definition["containerDefinitions"][0]
    common = common_of(config, service, definition, container)
    backend = {
        **common,
        "ports": [
            f"127.0.0.1:{mapping['containerPort']}:{mapping['containerPort']}"
            for mapping in container["portMappings"]
        ],
        "healthcheck": health(container["healthCheck"]),
    }
    tables = {service.name: backend | command(container["command"])}
    if service.migrate:
        tables["migrate"] = common | command(service.migrate)
    if config.database:
        image = f"postgres:{config.database.version}-alpine"
        tables["database"] = {"image": image, "environment": {"POSTGRES_DB": config.database.name}}
    return tables


def common_of(config: Config, service: Service, definition: Tables, container: Tables) -> Tables:
    """Return what the service and its migrations share, as two tasks of one definition do."""
    environment = {entry["name"]: entry["value"] for entry in container["environment"]}
    secrets = {entry["name"]: f"secret {entry['valueFrom']}" for entry in container["secrets"]}
    return {
        "user": container["user"],
        "read_only": container["readonlyRootFilesystem"],
        "tmpfs": [mount["containerPath"] for mount in container["mountPoints"]],
        "init": container["linuxParameters"]["initProcessEnabled"],
        "mem_limit": f"{definition['memory']}m",
        "cpus": int(definition["cpu"]) / 1024,
        "stop_grace_period": f"{container['stopTimeout']}s",
        "environment": environment | secrets,
        "build": {
            "context": service.build.context.relative_to(config.root).as_posix(),
            "args": dict(service.build.args),
        },
    }


def command(words: Any) -> Tables:
    return {"command": list(words)} if words else {}


def health(check: Tables) -> Tables:
    times = {"interval": "interval", "timeout": "timeout", "start_period": "startPeriod"}
    return {
        "test": check["command"],
        "retries": check["retries"],
        **{ours: f"{check[theirs]}s" for ours, theirs in times.items()},
    }


def differences(config: Config, tables: Tables) -> set[str]:
    """Return the paths at which the two differ; one that DIFFERENCES has stands for all below."""
    asked, there = dict(leaves(expected(config))), dict(leaves(tables))
    paths = {path for path in asked.keys() | there.keys() if asked.get(path) != there.get(path)}
    return {known(path) for path in paths}


def known(path: str) -> str:
    return next((each for each in DIFFERENCES if f"{path}.".startswith(f"{each}.")), path)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value with its path. An argument that is empty is left out, as the deploy does."""
    if not isinstance(value, dict):
        yield path, value
        return
    for key, each in value.items():
        if each != "":
            yield from leaves(each, f"{path}.{key}" if path else key)
