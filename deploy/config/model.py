"""The configuration as one frozen value. `deploy.config.load` makes it; nobody changes it.

This module needs no library, so that the pure plans may name its types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_REGION = "us-east-1"
DOCKERFILE = "Dockerfile"  # of a service's context
OUTPUT = "dist"  # of a site's root


class Sensitive(str):
    """A value that never shows: its repr is [REDACTED], wherever it is printed with one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[REDACTED]"


@dataclass(frozen=True)
class Build:
    """How an image is made.

    `context` is an absolute folder, `dockerfile` an absolute file. `args` are build arguments.
    `secrets` maps a BuildKit secret's id to an absolute file on this machine; a secret never
    counts for the source tag and never enters a layer.
    """

    context: Path
    dockerfile: Path
    platform: str = "linux/amd64"
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """One container on ECS. Sizes as Fargate has them: `cpu` in 1/1024 vCPU, `memory` in MiB."""

    name: str
    build: Build
    port: int
    cpu: int = 1024
    memory: int = 2048
    health: str = "/health"
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    not_secret: tuple[str, ...] = ()  # variables that look like secrets, and are none
    user: str = "10001"
    readonly_root: bool = True
    stop_timeout: int = 30  # seconds between SIGTERM and SIGKILL, 2 to 120 on Fargate
    start_period: int = 10  # seconds in which failed container health checks don't count
    image: str = ""  # the service whose image it runs; "" for an image of its own
    after: tuple[str, ...] = ()  # services whose rollouts must have succeeded before


@dataclass(frozen=True)
class Site:
    """One static site on S3 and CloudFront.

    `root` is an absolute folder; `install` and `build` are commands that run in it, with
    `environment` added to theirs; `output` is the absolute folder that the build writes. `cache`
    maps a glob pattern of paths below it to a Cache-Control, the first match counts. A release is
    kept while it is one of the last `keep_releases` or younger than `keep_days`.
    """

    name: str
    root: Path
    output: Path
    install: tuple[str, ...] = ("npm", "ci")
    build: tuple[str, ...] = ("npm", "run", "build")
    environment: Mapping[str, str] = field(default_factory=dict)
    cache: Mapping[str, str] = field(default_factory=dict)
    single_page: bool = True  # a path without an extension is answered by /index.html
    keep_releases: int = 3
    keep_days: float = 7


@dataclass(frozen=True)
class Environment:
    """An account, a region, an endpoint. `endpoint` is None on AWS."""

    name: str
    region: str
    account: str | None = None
    endpoint: str | None = None
    confirm: bool = False  # ask before a change: any environment that is not local
    port: int = 8000  # of the load balancer's listener on the local cloud
    site_port: int = 8080  # of the first site's distribution on the local cloud


@dataclass(frozen=True)
class Config:
    """All that deploy.toml, the .env files and the environment say about one environment."""

    root: Path  # the folder of deploy.toml
    project: str
    environment: Environment
    services: Mapping[str, Service]
    sites: Mapping[str, Site] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The prefix of every resource's name, such as `shipway-demo-local`."""
        return f"{self.project}-{self.environment.name}"
