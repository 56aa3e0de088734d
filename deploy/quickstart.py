"""From nothing to a URL that answers, and back: the local cloud, its infrastructure, a deploy."""

import time
from collections.abc import Callable

from deploy.aws import Aws
from deploy.cloud import control
from deploy.cloud.containers import kept_databases, remove_databases, remove_images
from deploy.cloud.embedded import Launch
from deploy.cloud.state import Home, look
from deploy.config.model import Config, Environment
from deploy.environment import addresses, read_target
from deploy.errors import PreflightError
from deploy.events import Emit, Event, Finished, Note, PhaseEnded, PhaseStarted
from deploy.infra import terraform
from deploy.machine import (
    check_builders,
    check_buildkit,
    check_docker,
    check_port,
    check_terraform,
    gateway_port,
)
from deploy.pipeline import DeployOptions, deploy


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
    checks: tuple[Callable[[], object], ...] = (
        check_docker,
        check_buildkit,
        check_terraform,
        lambda: check_builders(config),
        lambda: check_port(config, "port", "load balancer"),
        lambda: check_port(config, "site_port", "CDN"),
        lambda: check_port(config, "database_port", "database") if config.database else None,
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


def _failure(check: Callable[[], object]) -> PreflightError | None:
    try:
        check()
    except PreflightError as error:
        return error
    return None


def cloud_up(config: Config, emit: Emit) -> int:
    """Start the local cloud, or say that it runs. A new one is empty: so is Terraform's state."""
    port = gateway_port(config)
    if not look(Home(config.root, port)).running:
        terraform.forget(config)
    control.up(config.root, port, emit, launch(config.environment))
    return 0


def launch(place: Environment) -> Launch:
    """Return how the local cloud of an environment is started."""
    return Launch(
        listener_base=place.port,
        cdn_base=place.site_port,
        database_base=place.database_port,
        postgres_image=place.postgres_image,
        persist=place.persist,
    )


def cloud_down(config: Config, emit: Emit) -> int:
    """Stop the local cloud. What it held is gone with it, and Terraform's state of that too.

    Only rows of databases stay, where the environment says `persist`.
    """
    _stop_cloud(config, emit)
    if kept := kept_databases(gateway_port(config)):
        emit(Note(f"kept the databases' rows: {', '.join(kept)}; `invoke teardown` removes them"))
    return 0


def _stop_cloud(config: Config, emit: Emit) -> None:
    left = control.down(config.root, gateway_port(config), emit)
    if not left.running:
        terraform.forget(config)


def cloud_status(config: Config, emit: Emit) -> int:
    """Tell whether the local cloud runs; the exit code says it too: 0 yes, 1 no."""
    status = control.status(config.root, gateway_port(config), emit)
    return 0 if status.running else 1


def teardown(config: Config, emit: Emit) -> int:
    """Undo the quickstart: the local cloud with all that is in it, containers, built images.

    Nothing is destroyed one by one: the infrastructure is the local cloud's own state.
    """
    started = time.monotonic()
    _stop_cloud(config, emit)
    if remove_databases(gateway_port(config)):
        emit(Note("removed the rows that its databases had kept"))
    if remove_images(gateway_port(config)):
        emit(Note("removed the images that were built for it"))
    seconds = time.monotonic() - started
    emit(Finished("gone", 0, seconds, "nothing of it runs", next_step="`invoke quickstart`"))
    return 0
