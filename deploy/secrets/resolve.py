"""Names of secrets -> what ECS is told, and what tells that a secret was rotated. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from deploy.config.model import Config, Service
from deploy.secret_names import STORES, Reference, parse

# A variable of the container: a task reads its secrets when it starts, so that only new tasks see a
# rotated one. A hash of versions in the task definition makes a rotation a change of it.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
VERSION_VARIABLE = "APP_SECRETS_VERSION"
VERSION_LENGTH = 16  # hex digits
CURRENT = "AWSCURRENT"


@dataclass(frozen=True)
class Seen:
    """What a store says of a secret. `stages` maps a stage to a version; a parameter's version is
    that of AWSCURRENT. `changed` is in Unix seconds, 0 if it is not known.
    """

    arn: str = ""  # of a secret; a parameter's is made of its name
    stages: Mapping[str, str] = field(default_factory=dict)
    changed: float = 0
    deleted: bool = False  # but still to be restored
    kind: str = ""  # of a parameter, such as SecureString


Found = Mapping[Reference, Seen | None]


def references(config: Config, services: Iterable[Service]) -> dict[Reference, list[str]]:
    """Return each secret that the services name, and which services those are."""
    users: dict[Reference, list[str]] = {}
    for service in services:
        for text in service.secrets.values():
            names = users.setdefault(_parsed(config, text), [])
            names += [service.name] if service.name not in names else []
    return users


def _parsed(config: Config, text: str) -> Reference:
    return parse(text, config.project, config.environment.name)


def is_here(reference: Reference, region: str, account: str) -> bool:
    """Whether it is of this region and account: what is elsewhere is handed to ECS unseen."""
    return not reference.account or (reference.region, reference.account) == (region, account)


def why_missing(reference: Reference, found: Found) -> str:
    """Return why a task can't read a secret, "" if it can or if it was not looked at."""
    if reference not in found:
        return ""
    seen = found[reference]
    if seen is None:
        return "is not there"
    if seen.deleted:
        return "was deleted"
    return "" if _version(reference, seen) else "has no value"


def _version(reference: Reference, seen: Seen) -> str:
    if reference.version:
        known = reference.version in seen.stages.values()
        return reference.version if known or not seen.stages else ""
    return seen.stages.get(reference.stage or CURRENT, "")


def missing_lines(config: Config, users: Mapping[Reference, list[str]], found: Found) -> list[str]:
    """Return a line for each secret that is missing: who needs it, and the command that sets it."""
    return [
        f"{', '.join(services)}: {shown(reference)} {why}: {_remedy(config, reference)}"
        for reference, services in users.items()
        if (why := why_missing(reference, found))
    ]


def shown(reference: Reference) -> str:
    """Return a secret's name and store, as a person is told them."""
    return f"{reference.id} ({STORES[reference.store]})"


def _remedy(config: Config, reference: Reference) -> str:
    if not reference.name:
        return "correct the ARN in deploy.toml"
    if config.database and reference.name == config.database.secret:
        return f"`invoke infra.apply{_environment(config)}` makes it, with the database"
    return f"`{set_command(config, reference.name)}`"


def set_command(config: Config, name: str) -> str:
    """Return what a person types to set a secret."""
    return f"invoke secrets.set {name}{_environment(config)}"


def _environment(config: Config) -> str:
    name = config.environment.name
    return "" if name == "local" else f" --env {name}"


def resolved(config: Config, service: Service, found: Found, role: str) -> Service:
    """Return `service` with a full ARN for each secret, and a hash of their versions among its
    variables. A service without secrets is returned as it is.

    `role` is the ARN of the role that reads them: parameters are in its partition and account.
    """
    if not service.secrets:
        return service
    parsed = {name: _parsed(config, text) for name, text in service.secrets.items()}
    _, partition, _, _, account, *_ = role.split(":")
    here = f"arn:{partition}:ssm:{config.environment.region}:{account}"
    arns = {name: _value_from(each, found, here) for name, each in parsed.items()}
    versions = sorted(_pairs(parsed, arns, found))
    digest = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:VERSION_LENGTH]
    variables = {VERSION_VARIABLE: digest} | dict(service.environment)
    return service._replace(secrets=arns, environment=variables)


def _pairs(parsed: Mapping[str, Reference], arns: Mapping[str, str], found: Found) -> Iterator[str]:
    for name, reference in parsed.items():
        seen = found.get(reference)
        yield f"{arns[name]} {_version(reference, seen) if seen else ''}"


def _value_from(reference: Reference, found: Found, here: str) -> str:
    """Return what ECS is told for a secret; an ARN of deploy.toml's stays as it is."""
    if not reference.name:
        return reference.text
    if reference.store == "ssm":
        return f"{here}:parameter/{reference.id.lstrip('/')}"
    seen = found[reference]
    if seen is None:
        raise AssertionError(reference.id)  # `missing_lines` comes first
    return f"{seen.arn}{reference.suffix}"
