"""What the tests of infra share: a configuration, and what real runs of Terraform printed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.config.model import Build, Config, Database, Environment, Service, Site
from deploy.infra.stream import Message, parse

RECORDED = Path(__file__).parent / "recorded"
LOCAL = Environment("local", "us-east-1", endpoint="http://localhost:4566", port=8001)
PROD = Environment("prod", "eu-central-1", account="123456789012", confirm=True)


def config(
    environment: Environment = LOCAL,
    *services: str,
    sites: tuple[Site, ...] = (),
    database: Database | None = None,
    secrets: Mapping[str, Mapping[str, str]] | None = None,
) -> Config:
    """`secrets` are by service."""
    build = Build(context=Path("/app"), dockerfile=Path("/app/Dockerfile"))
    names = services or ("backend",)
    return Config(
        root=Path("/project"),
        project="shipway-demo",
        environment=environment,
        services={
            name: Service(
                name, build, 8000, health="/health", secrets=(secrets or {}).get(name, {})
            )
            for name in names
        },
        sites={site.name: site for site in sites},
        database=database,
    )


def site(name: str, **options: Any) -> Site:
    return Site(name, Path("/project/site"), Path("/project/site/dist"), **options)


def recorded(name: str) -> list[Message]:
    lines = (RECORDED / name).read_text(encoding="utf-8").splitlines()
    return [message for message in map(parse, lines) if message is not None]


def recorded_json(name: str) -> Any:
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))
