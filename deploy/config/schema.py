"""What deploy.toml may say, for pydantic: names, types, ranges. Nothing else is accepted."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deploy.config.model import DEFAULT_REGION, DOCKERFILE, OUTPUT

# ECS and IAM names are built as <project>-<environment>-<service>; an ALB target group's name has
# at most 32 characters, letters, digits and hyphens.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$")]
HttpPath = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BuildTable(Table):
    dockerfile: str = DOCKERFILE
    platform: Literal["linux/amd64", "linux/arm64"] = "linux/amd64"
    args: dict[str, str] = {}
    secrets: dict[str, str] = {}


class ServiceTable(Table):
    context: str | None = None  # deploy.config.checks: this or `image`
    image: str | None = None
    after: list[str] = []
    port: Port
    cpu: int = 1024
    memory: int = 2048
    health: HttpPath = "/health"
    command: list[str] = []
    environment: dict[str, str] = {}
    secrets: dict[str, str] = {}
    not_secret: list[str] = []
    user: str = "10001"
    readonly_root: bool = True
    # Fargate allows at most 120 s.
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    stop_timeout: Annotated[int, Field(ge=2, le=120)] = 30
    start_period: Annotated[int, Field(ge=0, le=300)] = 10
    migrate: list[str] = []
    migrations: str = "migrations/versions"
    migrate_timeout: Annotated[int, Field(ge=1, le=86400)] = 600
    build: BuildTable = BuildTable()


class SiteTable(Table):
    root: str
    output: str = OUTPUT
    install: list[str] = ["npm", "ci"]
    build: list[str] = ["npm", "run", "build"]
    environment: dict[str, str] = {}
    cache: dict[str, str] = {}
    single_page: bool = True
    keep_releases: Annotated[int, Field(ge=1, le=100)] = 3
    keep_days: Annotated[float, Field(ge=0, le=365)] = 7


class DatabaseTable(Table):
    # What PostgreSQL takes without quotes, and RDS as DBName.
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = "app"
    version: Annotated[str, StringConstraints(pattern=r"^1[5-8]$")] = "17"
    size: Annotated[str, StringConstraints(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")] = "db.t4g.micro"
    storage: Annotated[int, Field(ge=20, le=65536)] = 20
    secret: Name = "database-url"  # noqa: S105 - its name
    connections: Annotated[int, Field(ge=1, le=5000)] = 10


class EnvironmentTable(Table):
    region: Region = DEFAULT_REGION
    account: AccountId | None = None
    endpoint: Url | None = None
    confirm: bool | None = None
    port: Port = 8000
    site_port: Port = 8080
    database_port: Port = 15432
    postgres_image: str = ""
    persist: bool = False


class ProjectTable(Table):
    name: Name


class DeployToml(Table):
    project: ProjectTable
    services: dict[Name, ServiceTable] = {}
    sites: dict[Name, SiteTable] = {}
    database: DatabaseTable | None = None
    environments: dict[Name, EnvironmentTable]
