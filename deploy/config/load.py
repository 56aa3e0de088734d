"""deploy.toml + .env files + environment variables -> one frozen Config.

A variable's value comes from the process's environment, else from `.env.<environment>`, else from
`.env`. All problems are reported together, before anything is touched.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.config import checked, checks
from deploy.config.interpolate import interpolate
from deploy.config.model import (
    DEFAULT_REGION,
    DOCKERFILE,
    OUTPUT,
    PLATFORM,
    Build,
    Config,
    Database,
    Environment,
    Service,
    Site,
)
from deploy.errors import ConfigError

FILE = "deploy.toml"
# [environments.NAME.services.SERVICE] replaces keys of [services.SERVICE]; the same for sites, and
# for the one database.
OVERLAYS = ("services", "sites", "database")
LISTS = ("command", "after", "not_secret", "migrate")  # of a service


def load(root: Path, environment: str = "local", environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration of one environment from the folder `root`.

    Raises ConfigError with every problem: its key's path, what is wrong, what is accepted.
    """
    raw = _read(root / FILE)
    found: list[checks.Problem] = []
    tables = overlay(raw, environment)
    tables = interpolate(
        tables, variables(root, environment, environ), lambda *problem: found.append(problem)
    )
    found += _undefined(tables, environment)
    found += checks.problems(tables, root)
    stamp = checked.Stamp(root, environment, tables)
    if not stamp.passed:
        found += _structure(tables)
    if found:
        raise ConfigError(
            f"{FILE}: {len(found)} problem{'s'[: len(found) > 1]}; nothing was touched",
            details=tuple(f"{path}: {message}" for path, message in sorted(set(found))),
            remedy="docs/configuration.md explains every key",
        )
    stamp.write()
    return config_of(tables, environment, root)


def overlay(raw: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """Return the tables with `[environments.<environment>.services]` merged over `[services]`,
    `.sites` over `[sites]` and `.database` over `[database]`.

    The overlays of the other environments are left out: they are checked when they are used.
    """
    tables = {key: value for key, value in raw.items() if key != "environments"}
    environments = raw.get("environments")
    if not isinstance(environments, Mapping):
        return tables
    chosen = environments.get(environment)
    for kind in OVERLAYS:
        over = chosen.get(kind, {}) if isinstance(chosen, Mapping) else {}
        if over or kind in tables:
            tables[kind] = _merged(tables.get(kind, {}), over)
    return {**tables, "environments": {name: _own(table) for name, table in environments.items()}}


def _own(environment: Any) -> Any:
    """Return an environment's table without its overlays."""
    if not isinstance(environment, Mapping):
        return environment
    return {key: value for key, value in environment.items() if key not in OVERLAYS}


def _merged(base: Any, over: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    both = {key: _merged(base[key], over[key]) for key in base.keys() & over.keys()}
    return {**base, **over, **both}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {FILE} in {path.parent}", remedy=f"run invoke where {FILE} is"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{FILE} is no valid TOML: {error}", remedy="mend that line") from None


def variables(
    root: Path, environment: str, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return what `${NAME}` in deploy.toml stands for, by its name."""
    found: dict[str, str] = {}
    for path in (root / ".env", root / f".env.{environment}"):
        if path.is_file():
            from dotenv import dotenv_values

            values = dotenv_values(path, interpolate=False)
            found |= {key: value for key, value in values.items() if value is not None}
    return found | dict(environ)


def _undefined(tables: Mapping[str, Any], environment: str) -> Iterator[checks.Problem]:
    defined = tables.get("environments")
    if isinstance(defined, Mapping) and environment not in defined:
        yield f"environments.{environment}", f"is not defined; defined: {', '.join(defined)}"


def _structure(tables: Mapping[str, Any]) -> Iterator[checks.Problem]:
    """Yield what pydantic finds: unknown keys, wrong types, values out of range."""
    from pydantic import ValidationError

    from deploy.config.schema import DeployToml

    try:
        DeployToml.model_validate(tables)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            keys = tuple(str(key) for key in problem["loc"])
            yield ".".join(keys), _message(problem["type"], problem, keys)


def _message(kind: str, problem: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        import difflib

        accepted = accepted_keys(keys[:-1])
        near = difflib.get_close_matches(keys[-1], accepted, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"is no key that Shipway knows; {hint}accepted: {', '.join(accepted)}"
    text = str(problem["msg"])
    return f"{problem['input']!r}: {text[0].lower()}{text[1:]}"


def accepted_keys(table: tuple[str, ...]) -> list[str]:
    """Return the keys that the table at this path may have, such as ("services", "backend")."""
    from deploy.config import schema

    models: dict[int, dict[str, Any]] = {
        0: {"": schema.DeployToml},
        1: {"project": schema.ProjectTable, "database": schema.DatabaseTable},
        2: {
            "services": schema.ServiceTable,
            "sites": schema.SiteTable,
            "environments": schema.EnvironmentTable,
        },
        3: {"services": schema.BuildTable},
    }
    model = models.get(len(table), {}).get(table[0] if table else "")
    return list(model.model_fields) if model else []


def config_of(tables: Mapping[str, Any], environment: str, root: Path) -> Config:
    """Return the Config of checked tables. What they leave out is as the model has it."""
    return Config(
        root=root,
        project=tables["project"]["name"],
        environment=_environment(environment, tables["environments"][environment]),
        services=_services(tables.get("services", {}), root),
        sites={name: _site(name, site, root) for name, site in tables.get("sites", {}).items()},
        database=Database(**tables["database"]) if "database" in tables else None,
    )


def _environment(name: str, table: dict[str, Any]) -> Environment:
    left_out = {"region": DEFAULT_REGION, "confirm": "endpoint" not in table}
    return Environment(**{**left_out, **table, "name": name})


def _services(tables: Mapping[str, dict[str, Any]], root: Path) -> dict[str, Service]:
    """Return the services; one that runs another's image has that one's build."""
    return {
        name: _service(name, table, _build(tables[table.get("image", name)], root))
        for name, table in tables.items()
    }


def _service(name: str, table: Mapping[str, Any], build: Build) -> Service:
    given = {key: value for key, value in table.items() if key not in ("context", "build")}
    given |= {key: tuple(given[key]) for key in LISTS if key in given}
    return Service(name=name, build=build, **given)


def _build(table: Mapping[str, Any], root: Path) -> Build:
    context = (root / table["context"]).resolve()
    build: Mapping[str, Any] = table.get("build", {})
    return Build(
        context=context,
        dockerfile=context / build.get("dockerfile", DOCKERFILE),
        platform=build.get("platform", PLATFORM),
        # an empty value leaves the argument or the secret out
        args={key: value for key, value in build.get("args", {}).items() if value},
        secrets={key: root / value for key, value in build.get("secrets", {}).items() if value},
    )


def _site(name: str, table: Mapping[str, Any], root: Path) -> Site:
    folder = (root / table["root"]).resolve()
    given = {**table, "root": folder, "output": folder / table.get("output", OUTPUT)}
    given |= {key: tuple(table[key]) for key in ("install", "build") if key in table}
    return Site(name=name, **given)
