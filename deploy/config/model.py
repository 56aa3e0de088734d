"""The configuration as one frozen value. `deploy.config.load` makes it; nobody changes it.

This module needs no library, so that the pure plans may name its types.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

DEFAULT_REGION = "us-east-1"
STATE = ".shipway"  # of the project: what it keeps and git does not
DOCKERFILE = "Dockerfile"  # of a service's context
PLATFORM = "linux/amd64"  # of an image
OUTPUT = "dist"  # of a site's root


class Sensitive(str):
    """A value that never shows: its repr is [REDACTED], wherever it is printed with one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[REDACTED]"


class Build(NamedTuple):
    """How an image is made.

    `context` is an absolute folder, `dockerfile` an absolute file. `args` are build arguments.
    `secrets` maps a BuildKit secret's id to an absolute file on this machine; a secret never
    counts for the source tag and never enters a layer.
    """

    context: Path
    dockerfile: Path
    platform: str = PLATFORM
    args: Mapping[str, str] = {}
    secrets: Mapping[str, Path] = {}


class Service(NamedTuple):
    """One container on ECS. Sizes as Fargate has them: `cpu` in 1/1024 vCPU, `memory` in MiB."""

    name: str
    build: Build
    port: int
    cpu: int = 1024
    memory: int = 2048
    health: str = "/health"
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}
    not_secret: tuple[str, ...] = ()  # variables that look like secrets, and are none
    user: str = "10001"
    readonly_root: bool = True
    stop_timeout: int = 30  # seconds between SIGTERM and SIGKILL, 2 to 120 on Fargate
    start_period: int = 10  # seconds in which failed container health checks don't count
    image: str = ""  # the service whose image it runs; "" for an image of its own
    migrate: tuple[str, ...] = ()  # run on the new image before its rollout, if revisions are new
    migrations: str = "migrations/versions"  # Alembic's revisions, below the context
    migrate_timeout: int = 600  # seconds
    after: tuple[str, ...] = ()  # services whose rollouts must have succeeded before


class Database(NamedTuple):
    """PostgreSQL on RDS, and the secret that has its URL: who names that secret may reach it."""

    name: str = "app"  # of the database in the instance
    version: str = "17"  # PostgreSQL's major version
    size: str = "db.t4g.micro"  # the instance class
    storage: int = 20  # GiB
    secret: str = "database-url"  # noqa: S105 - its name, below <project>/<environment>/
    connections: int = 10  # that one task opens at most


class Site(NamedTuple):
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
    environment: Mapping[str, str] = {}
    cache: Mapping[str, str] = {}
    single_page: bool = True  # a path without an extension is answered by /index.html
    keep_releases: int = 3
    keep_days: float = 7


class Environment(NamedTuple):
    """An account, a region, an endpoint. `endpoint` is None on AWS."""

    name: str
    region: str
    account: str | None = None
    endpoint: str | None = None
    confirm: bool = False  # ask before a change: any environment that is not local
    port: int = 8000  # of the load balancer's listener on the local cloud
    site_port: int = 8080  # of the first site's distribution on the local cloud
    database_port: int = 15432  # of the first database on the local cloud, on loopback
    postgres_image: str = ""  # the local cloud's; "" for postgres:<version>-alpine
    persist: bool = False  # whether the local cloud's databases keep their rows when it stops


class Config(NamedTuple):
    """All that deploy.toml, the .env files and the environment say about one environment."""

    root: Path  # the folder of deploy.toml
    project: str
    environment: Environment
    services: Mapping[str, Service]
    sites: Mapping[str, Site] = {}
    database: Database | None = None

    @property
    def name(self) -> str:
        """The prefix of every resource's name, such as `shipway-demo-local`."""
        return f"{self.project}-{self.environment.name}"

    @property
    def state(self) -> Path:
        """The folder of what this machine remembers of earlier runs."""
        return self.root / STATE
