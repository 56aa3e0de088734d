"""The Docker engine: found, or installed and started where we may."""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from deploy.errors import PreflightError, ShipwayError
from deploy.process import output, run
from scripts.machine import debian

RUN_DIR = Path("/run/shipway")
SYSTEMD = Path("/run/systemd/system")  # sd_booted(3): there if systemd is the init system
PID_FILE = Path(
    "/var/run/docker.pid"
)  # dockerd's own, https://docs.docker.com/reference/cli/dockerd/
START_SECONDS = 60.0
# What docker.io only recommends: the client and BuildKit in later releases, and the profiles
# without which no container starts where the kernel has AppArmor enabled.
COMPANIONS = ("docker-cli", "docker-buildx", "apparmor")
INSTALL_GUIDE = "https://docs.docker.com/engine/install/"


@dataclass(frozen=True)
class Host:
    """What counts for the decision. `docker_host` is $DOCKER_HOST, empty where it is not set."""

    can_install: bool  # root on Debian or Ubuntu
    installed: bool  # both docker and dockerd are on PATH
    systemd: bool
    docker_host: str = ""


class Step(StrEnum):
    INSTALL = "installed docker.io"
    START_UNIT = "started the docker service"
    START_DAEMON = "started dockerd"


def steps(complaint: str, host: Host) -> tuple[Step, ...]:
    """Decide how to get an engine when `docker version` ended with `complaint`.

    Raises PreflightError with the remedy where only the user can do it.
    """
    if "permission denied" in complaint.lower():
        raise PreflightError(
            "the Docker engine runs, but this user may not use it",
            remedy='run `sudo usermod -aG docker "$USER"`, log in again and repeat',
        )
    if host.docker_host:
        raise PreflightError(
            f"no Docker engine answers at DOCKER_HOST={host.docker_host}",
            remedy="start that engine, or unset DOCKER_HOST to use this machine's own",
        )
    if not host.can_install:
        raise PreflightError(
            "no Docker engine answers",
            remedy=f"start it (`sudo systemctl start docker`, or Docker Desktop) or install it: "
            f"{INSTALL_GUIDE}",
        )
    start = Step.START_UNIT if host.systemd else Step.START_DAEMON
    return (start,) if host.installed else (Step.INSTALL, start)


def prepare(docker_host: str) -> str:
    """Make sure that an engine answers, and return what was done or found.

    Raises PreflightError where that is for the user to do, or where it does not start.
    """
    version, complaint = ask()
    if version:
        return f"found, {version}"
    done = []
    for step in steps(complaint, _host(docker_host)):
        if not ask()[0]:  # installing may have started it
            _take(step)
            done.append(step.value)
    return f"{' and '.join(done)}, {ask()[0]}{_log_hint(done)}"


def ask() -> tuple[str, str]:
    """Return the engine's version and an empty text, or an empty version and the complaint."""
    try:
        return output(("docker", "version", "--format", "{{.Server.Version}}")).strip(), ""
    except ShipwayError as error:
        return "", "\n".join((error.message, *error.details))


def wait(
    answers: Callable[[], bool],
    ended: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait START_SECONDS at most until the engine `answers`, or until it has `ended`."""
    deadline = clock() + START_SECONDS
    while not answers():
        if ended() or clock() >= deadline:
            return False
        sleep(0.2)
    return True


def start_daemon(run_dir: Path = RUN_DIR) -> None:
    """Start dockerd detached from this terminal; its log and its pid are in `run_dir`.

    Raises PreflightError with the end of its log if it does not answer in time.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    log = run_dir / "dockerd.log"
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            ("dockerd",), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    (run_dir / "dockerd.pid").write_text(f"{daemon.pid}\n")
    if not wait(lambda: bool(ask()[0]), lambda: daemon.poll() is not None):
        last = log.read_text(errors="replace").splitlines()[-10:]
        raise PreflightError("dockerd did not start", remedy=f"see {log}", details=last)


def is_running(pid_file: Path = PID_FILE, processes: Path = Path("/proc")) -> bool:
    """Tell whether the process that `pid_file` names is a dockerd: starting, or not answering."""
    try:
        name = (processes / pid_file.read_text().strip() / "comm").read_text()
    except OSError:
        return False
    return name.strip() == "dockerd"


def _host(docker_host: str) -> Host:
    return Host(
        can_install=debian.can_install(),
        installed=bool(shutil.which("docker") and shutil.which("dockerd")),
        systemd=SYSTEMD.is_dir(),
        docker_host=docker_host,
    )


def _take(step: Step) -> None:
    if step is Step.INSTALL:
        debian.install("docker.io", also=COMPANIONS)
    elif step is Step.START_UNIT:
        run(("systemctl", "start", "docker"), timeout=START_SECONDS)
    elif not is_running():
        start_daemon()
    elif not wait(lambda: bool(ask()[0]), lambda: not is_running()):
        raise PreflightError("dockerd runs but does not answer", remedy="stop it and repeat")


def _log_hint(done: list[str]) -> str:
    return f" (log: {RUN_DIR}/dockerd.log)" if Step.START_DAEMON.value in done else ""
