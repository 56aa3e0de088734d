"""The task definition that deploy.toml asks for: rendered, then checked by botocore's shape."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.config.model import Config, Service
from deploy.errors import ConfigError
from deploy.service.diff import pruned
from deploy.target import ServiceTarget

if TYPE_CHECKING:
    from botocore.model import Shape

TEMPLATES = Path(__file__).parents[1] / "templates"
TEMPLATE = "task-definition.json.j2"

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
ARCHITECTURES = {"linux/amd64": "X86_64", "linux/arm64": "ARM64"}

# Stands where the digest will, in a plan that is made before the build.
UNBUILT = "sha256:(of the build)"


def image_reference(repository_url: str, digest: str | None) -> str:
    """Return `repository@sha256:...`; a digest of None stands for an image not built yet."""
    return f"{repository_url}@{digest or UNBUILT}"


def render(
    config: Config,
    service: Service,
    target: ServiceTarget,
    image: str,
    *,
    tags: Mapping[str, str] | None = None,
    templates: Path = TEMPLATES,
) -> dict[str, Any]:
    """Return the task definition that `service` asks for, checked, as the template writes it.

    A null in it means "without this field": `deploy.service.diff.merged` makes a request of it.
    `tags` (such as the source tag and the git commit) are added to project and environment. They
    name a revision, but never cause one: a commit that leaves the source as it was changes nothing.

    Raises ConfigError, with the path of each field that RegisterTaskDefinition would refuse.
    """
    values = {
        "project": config.project,
        "environment": config.environment.name,
        "region": config.environment.region,
        "service": service,
        "target": target,
        "image": image,
        "architecture": _architecture(service),
        "tags": {"project": config.project, "environment": config.environment.name}
        | dict(tags or {}),
    }
    definition = _parse(_fill(templates, values))
    check(pruned(definition))
    return definition


def check(request: Mapping[str, Any]) -> None:
    """Raise ConfigError, naming each path, unless RegisterTaskDefinition takes `request`."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(request, _shape())
    if report.has_errors():
        # A refused value may be a secret: only its path and its type are shown.
        lines = [
            re.sub(r"value: .*, type:", "type:", line)
            for line in report.generate_report().splitlines()
        ]
        raise ConfigError(
            "the task definition is not one that ECS takes",
            details=lines,
            remedy=f"correct deploy/templates/{TEMPLATE} or the service in deploy.toml",
        )


def _architecture(service: Service) -> str:
    platform = service.build.platform
    if platform not in ARCHITECTURES:
        raise ConfigError(
            f"services.{service.name}.build.platform: Fargate does not run {platform!r}",
            remedy=f"use one of {', '.join(ARCHITECTURES)}",
        )
    return ARCHITECTURES[platform]


def _fill(templates: Path, values: Mapping[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

    loader = FileSystemLoader(templates)
    # It writes JSON, not HTML: each value goes through tojson.
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701
    environment.policies["json.dumps_kwargs"] = {"default": _no_json}
    try:
        return environment.get_template(TEMPLATE).render(values)
    except (TemplateError, TypeError) as error:
        line = getattr(error, "lineno", None)
        where = f"{TEMPLATE}:{line}" if line else TEMPLATE
        raise ConfigError(
            f"{where}: {type(error).__name__}: {error}",
            remedy=f"correct deploy/templates/{TEMPLATE}",
        ) from error


def _no_json(value: object) -> None:
    """What JSON can't say is an error: turning an undefined name to text raises its own."""
    raise TypeError(f"{value!s} is no JSON value")


def _parse(text: str) -> dict[str, Any]:
    try:
        definition: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise ConfigError(
            f"{TEMPLATE} does not write JSON: {error}",
            remedy=f"correct deploy/templates/{TEMPLATE}",
        ) from error
    return definition


@lru_cache(maxsize=1)
def _shape() -> "Shape":
    from botocore.session import get_session

    model = get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition")
    shape = model.input_shape
    if shape is None:
        raise AssertionError(model.name)
    return shape
