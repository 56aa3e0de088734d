"""What Terraform is told: where its files are, its variables, its environment, its argv. Pure."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.config.model import Config, Service
from deploy.errors import ConfigError, PreflightError
from deploy.events import Change
from deploy.values import as_json

BUCKET_VARIABLE = "SHIPWAY_STATE_BUCKET"
# Reading the AWS provider's schema is mostly garbage collection: with a larger heap a plan without
# changes takes 7 s instead of 10. https://pkg.go.dev/runtime#hdr-Environment_Variables
GOGC = "400"
LOCK_TIMEOUT = "60s"  # wait this long for whoever holds the state's lock


@dataclass(frozen=True)
class InfraPlan:
    """What an apply would change, or has changed."""

    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Workspace:
    """Where one environment's Terraform files are: `root` is read, `folder` is written."""

    root: Path
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "terraform"

    @property
    def variables(self) -> Path:
        return self.folder / "terraform.tfvars.json"

    @property
    def saved_plan(self) -> Path:
        return self.folder / "terraform.tfplan"

    @property
    def state(self) -> Path:
        return self.folder / "terraform.tfstate"

    @property
    def mirror_config(self) -> Path:
        return self.folder / "mirror.tfrc"

    @property
    def fingerprint(self) -> Path:
        return self.data / "initialised.sha256"


def workspace(config: Config, environments: Path, roots: Collection[str]) -> Workspace:
    """Return where the files of `config.environment` are.

    `roots` are the folders in `environments`. An environment without one of its own takes `local`
    if it has an endpoint, else `prod`.
    """
    name = config.environment.name
    fallback = "local" if config.environment.endpoint else "prod"
    root = environments / (name if name in roots else fallback)
    return Workspace(root=root, folder=config.state.resolve() / name)


def variables(config: Config) -> dict[str, Any]:
    """Return the content of terraform.tfvars.json. Raises ConfigError without an account."""
    environment = config.environment
    common = {
        "project": config.project,
        "environment": environment.name,
        "region": environment.region,
        "services": {
            name: {
                "port": service.port,
                "health": service.health,
                "start_period": service.start_period,
                "image": service.image,
                "database": names_database(config, service),
            }
            for name, service in config.services.items()
        },
        "default_service": next(iter(config.services)),
        "sites": {
            name: {
                "single_page": site.single_page,
                "keep_releases": site.keep_releases,
                "keep_days": site.keep_days,
            }
            for name, site in config.sites.items()
        },
        "database": as_json(config.database),
    }
    if environment.endpoint:
        return {
            **common,
            "endpoint": environment.endpoint,
            "listener_port": environment.port,
            "site_ports": site_ports(config),
            "database_port": environment.database_port,
        }
    return {**common, "account": _account(config)}


def names_database(config: Config, service: Service) -> bool:
    """Return whether `service` gets the database's URL: then its tasks may reach the database."""
    return config.database is not None and config.database.secret in service.secrets.values()


def site_ports(config: Config) -> dict[str, int]:
    """Return the port of each site on the local cloud: in the order of deploy.toml."""
    return {name: config.environment.site_port + n for n, name in enumerate(config.sites)}


def _account(config: Config) -> str:
    name = config.environment.name
    if not config.environment.account:
        raise ConfigError(
            f"environments.{name} names no AWS account",
            remedy=f'add account = "<12 digits>" to [environments.{name}] in deploy.toml',
        )
    return config.environment.account


def backend(config: Config, space: Workspace, bucket: str) -> dict[str, str]:
    """Return the settings of the state's backend: a local file, or the S3 bucket `bucket`.

    https://developer.hashicorp.com/terraform/language/backend/s3
    """
    environment = config.environment
    if environment.endpoint:
        return {"path": str(space.state)}
    if not bucket:
        raise PreflightError(
            f"Terraform's state of {environment.name} has no bucket",
            remedy=f"set {BUCKET_VARIABLE} in .env.{environment.name} or the environment",
        )
    key = f"{config.project}/{environment.name}/terraform.tfstate"
    return {"bucket": bucket, "key": key, "region": environment.region}


def settings(config: Config, space: Workspace) -> dict[str, str]:
    """Return the environment variables of every call.

    https://developer.hashicorp.com/terraform/cli/config/environment-variables
    """
    always = {
        "TF_DATA_DIR": str(space.data),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "GOGC": GOGC,
    }
    if not config.environment.endpoint:
        return always
    # An empty AWS_PROFILE: a profile of the user's that doesn't exist here must not matter.
    return {**always, "AWS_ENDPOINT_URL": config.environment.endpoint, "AWS_PROFILE": ""}


def init_argv(backend_settings: Mapping[str, str] | None) -> tuple[str, ...]:
    """None leaves the backend out. The settings always say where the state is: -reconfigure."""
    argv = ("terraform", "init", "-json", "-input=false")
    if backend_settings is None:
        return (*argv, "-backend=false")
    given = tuple(f"-backend-config={key}={value}" for key, value in backend_settings.items())
    return (*argv, "-reconfigure", *given)


def plan_argv(space: Workspace, *, destroy: bool = False) -> tuple[str, ...]:
    """Exit code 0: nothing to change; 2: changes, in the saved plan."""
    return (
        *("terraform", "plan", "-json", "-input=false", "-detailed-exitcode"),
        *(("-destroy",) if destroy else ()),
        f"-lock-timeout={LOCK_TIMEOUT}",
        f"-var-file={space.variables}",
        f"-out={space.saved_plan}",
    )


def show_argv(space: Workspace) -> tuple[str, ...]:
    return ("terraform", "show", "-json", str(space.saved_plan))


def apply_argv(space: Workspace) -> tuple[str, ...]:
    """Apply the saved plan: exactly what was shown, whether it creates or destroys."""
    options = ("-json", "-input=false", f"-lock-timeout={LOCK_TIMEOUT}")
    return ("terraform", "apply", *options, str(space.saved_plan))


def validate_argv() -> tuple[str, ...]:
    return ("terraform", "validate", "-no-color")


def format_argv(*, check: bool) -> tuple[str, ...]:
    return ("terraform", "fmt", "-recursive", *(("-check", "-diff") if check else ()))


def fingerprint(files: Mapping[str, bytes], *extra: str) -> str:
    """Return a hash of all that `terraform init` depends on: its files and its other inputs."""
    digest = hashlib.sha256()
    for part in (*extra, *(f"{name}\0{files[name]!r}" for name in sorted(files))):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()
