"""From nothing to a URL that answers, and back: the local cloud, its infrastructure, a deploy."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

from deploy.aws import Aws
from deploy.cloud import control
from deploy.cloud.containers import remove_images
from deploy.cloud.state import Home, look
from deploy.config.model import Config
from deploy.environment import addresses, read_target
from deploy.errors import ConfigError, PreflightError
from deploy.events import Emit, Event, Finished, Note, PhaseEnded, PhaseStarted
from deploy.image import engine, tool
from deploy.infra import terraform
from deploy.pipeline import DeployOptions, deploy

CONNECT_SECONDS = 1.0  # on this machine


def quickstart(config: Config, emit: Emit) -> int:
    """Start the local cloud, create the infrastructure and deploy every service and site.

    What is there already stays. Returns the exit code of the deploy. Raises PreflightError if this
    machine lacks something, before anything is started.
    """
    started = time.monotonic()
    check_machine(config, emit)
    cloud_up(config, emit)
    terraform.apply(config, emit)
    code = deploy(config, DeployOptions(), without_success(emit))
    if code:
        return code
    seconds = time.monotonic() - started
    found = addresses(read_target(Aws(config)))
    folders = [service.build.context.name for service in config.services.values()]
    folders += [site.root.name for site in config.sites.values()]
    where = " or ".join(f"{folder}/" for folder in folders)
    step = f"open a URL; change a line in {where} and run `invoke deploy`"
    emit(Finished("ready", 0, seconds, "it runs on this machine", found, step))
    return 0


def without_success(emit: Emit) -> Emit:
    """Return an `emit` that leaves out the end of a part that succeeded: the whole has its own."""

    def pass_on(event: Event) -> None:
        if not isinstance(event, Finished) or event.exit_code:
            emit(event)

    return pass_on


def check_machine(config: Config, emit: Emit) -> None:
    """Check all that the quickstart needs of this machine, and tell of everything that is missing.

    Raises PreflightError with each missing thing and its remedy.
    """
    emit(PhaseStarted("preflight", "Docker, BuildKit, Terraform, npm, ports"))
    began = time.monotonic()
    checks: tuple[Callable[[], None], ...] = (
        check_docker,
        check_buildkit,
        check_terraform,
        lambda: check_builders(config),
        lambda: check_port(config, "port", "load balancer"),
        lambda: check_port(config, "site_port", "CDN"),
    )
    missing = [error for check in checks if (error := _failure(check))]
    emit(PhaseEnded("preflight", ok=not missing, seconds=time.monotonic() - began))
    if len(missing) == 1:
        raise missing[0]
    if missing:
        lines = [f"{error.message}: {error.remedy}" for error in missing]
        raise PreflightError(
            f"this machine lacks {len(missing)} things", details=lines, remedy="mend each of these"
        )


def _failure(check: Callable[[], None]) -> PreflightError | None:
    try:
        check()
    except PreflightError as error:
        return error
    return None


def check_docker() -> None:
    engine.ping().close()


def check_buildkit() -> None:
    """Raise PreflightError if no docker on PATH can build with BuildKit."""
    tool.choose(tool.clients_on(os.environ.get("PATH", os.defpath)))


def check_terraform() -> None:
    if not shutil.which("terraform"):
        raise PreflightError(
            "terraform is not installed",
            remedy="install 1.10 or later: https://developer.hashicorp.com/terraform/install",
        )


def check_builders(config: Config) -> None:
    """Raise PreflightError if a tool that builds a site is missing."""
    tools = {
        argv[0] for site in config.sites.values() for argv in (site.install, site.build) if argv
    }
    missing = sorted(tool for tool in tools if not shutil.which(tool))
    if missing:
        raise PreflightError(
            f"{' and '.join(missing)} is not installed; a site is built with it",
            remedy="npm comes with Node.js 20 or later: https://nodejs.org/en/download",
        )


def check_port(config: Config, key: str, what: str) -> None:
    """Raise PreflightError if another program has the port that deploy.toml gives to `what`."""
    port: int = getattr(config.environment, key)
    status = look(Home(config.root, gateway_port(config)))
    if status.running or not _listens(port):
        return
    raise PreflightError(
        f"port {port}, of the {what}, is taken by another program",
        remedy=f"stop it, or set another `{key}` in [environments.{config.environment.name}]",
    )


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(CONNECT_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def gateway_port(config: Config) -> int:
    """Return the port of the environment's endpoint. Raises ConfigError if it is not local."""
    url = urlsplit(config.environment.endpoint or "")
    if url.hostname not in ("localhost", "127.0.0.1") or not url.port:
        name = config.environment.name
        raise ConfigError(
            f"environments.{name}.endpoint is no local cloud's: {config.environment.endpoint}",
            remedy='the local cloud needs endpoint = "http://localhost:4566", or another port',
        )
    return url.port


def cloud_up(config: Config, emit: Emit) -> int:
    """Start the local cloud, or say that it runs. A new one is empty: so is Terraform's state."""
    port = gateway_port(config)
    if not look(Home(config.root, port)).running:
        terraform.forget(config)
    place = config.environment
    control.up(config.root, port, emit, listener_base=place.port, cdn_base=place.site_port)
    return 0


def cloud_down(config: Config, emit: Emit) -> int:
    """Stop the local cloud. What it held is gone with it, and Terraform's state of that too."""
    left = control.down(config.root, gateway_port(config), emit)
    if not left.running:
        terraform.forget(config)
    return 0


def cloud_status(config: Config, emit: Emit) -> int:
    """Tell whether the local cloud runs; the exit code says it too: 0 yes, 1 no."""
    status = control.status(config.root, gateway_port(config), emit)
    return 0 if status.running else 1


def teardown(config: Config, emit: Emit) -> int:
    """Undo the quickstart: the local cloud with all that is in it, containers, built images.

    Nothing is destroyed one by one: the infrastructure is the local cloud's own state.
    """
    started = time.monotonic()
    cloud_down(config, emit)
    removed = remove_images(gateway_port(config))
    if removed:
        emit(Note("removed the images that were built for it"))
    seconds = time.monotonic() - started
    emit(Finished("gone", 0, seconds, "nothing of it runs", next_step="`invoke quickstart`"))
    return 0
