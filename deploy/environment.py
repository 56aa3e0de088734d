"""What an environment has: the parameter that Terraform wrote, and its parts by name."""

import json

from deploy.aws import Aws
from deploy.config.model import Config, Service, Site
from deploy.errors import ConfigError, PreflightError
from deploy.events import Emit, Note
from deploy.target import ServiceTarget, SiteTarget, Target, parameter_name, parse_target


def read_target(aws: Aws) -> Target:
    """Read what Terraform made. Raises PreflightError if it did not run, or elsewhere."""
    config = aws.config
    name = parameter_name(config.project, config.environment.name)
    value = aws.parameter(name)
    if value is None:
        raise PreflightError(
            f"environment {config.environment.name} has no infrastructure yet: "
            f"there is no parameter {name} in {config.environment.region}",
            remedy=f"create it: `invoke infra.apply --env {config.environment.name}`",
        )
    return parse_target(value)


def find_service(config: Config, name: str) -> Service:
    """Return a service of deploy.toml. Raises ConfigError, naming those that are defined."""
    if name not in config.services:
        raise ConfigError(
            f"deploy.toml has no service {name}",
            remedy=f"--service takes one of: {', '.join(config.services) or 'none is defined'}",
        )
    return config.services[name]


def find_site(config: Config, name: str) -> Site:
    """Return a site of deploy.toml. Raises ConfigError, naming those that are defined."""
    if name not in config.sites:
        raise ConfigError(
            f"deploy.toml has no site {name}",
            remedy=f"--site takes one of: {', '.join(config.sites) or 'none is defined'}",
        )
    return config.sites[name]


def service_place(target: Target, name: str) -> ServiceTarget:
    """Return where a service lives. Raises PreflightError if it was not created yet."""
    if name not in target.services:
        raise _missing("service", name, target)
    return target.services[name]


def site_place(target: Target, name: str) -> SiteTarget:
    """Return where a site lives. Raises PreflightError if it was not created yet."""
    if name not in target.sites:
        raise _missing("site", name, target)
    return target.sites[name]


def _missing(kind: str, name: str, target: Target) -> PreflightError:
    return PreflightError(
        f"{kind} {name} has no infrastructure in environment {target.environment}",
        remedy=f"create it: `invoke infra.apply --env {target.environment}`",
    )


def addresses(target: Target) -> dict[str, str]:
    """Return the URL of each site and service that has one, by its name in deploy.toml."""
    places: tuple[SiteTarget | ServiceTarget, ...]
    places = (*target.sites.values(), *target.services.values())
    return {place.name: place.url for place in places if place.url}


def urls(config: Config, emit: Emit, *, as_json: bool = False) -> int:
    """Tell where the environment's parts answer; as JSON, one object: name -> URL."""
    aws = Aws(config)
    aws.check_account()
    found = addresses(read_target(aws))
    width = max(map(len, found), default=0)
    lines = [f"{name:<{width}}  {url}" for name, url in found.items()]
    for line in [json.dumps(found)] if as_json else lines:
        emit(Note(line))
    return 0
