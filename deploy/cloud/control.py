"""`invoke cloud.up`, `cloud.down` and `cloud.status`."""

import os
import time
from pathlib import Path

from deploy.cloud import embedded, localstack
from deploy.cloud.containers import remove_left
from deploy.cloud.embedded import Launch
from deploy.cloud.state import CloudStatus, Home, look
from deploy.errors import PreflightError
from deploy.events import Emit, Note, PhaseEnded, PhaseStarted

PHASE = "cloud"


def up(root: Path, port: int, emit: Emit, launch: Launch | None = None) -> CloudStatus:
    """Start the local cloud on `port`, or say that it runs already.

    `root` is the project's folder; `launch` says where it listens. With LOCALSTACK_AUTH_TOKEN in
    the environment it is LocalStack's image that is started. Raises PreflightError if the port is
    taken or nothing answers in time.
    """
    home = Home(root, port)
    found = look(home)
    if found.running:
        _refuse_other(found, port)
        emit(Note(f"the local cloud is already up: {found.endpoint}"))
        return found
    emit(PhaseStarted(PHASE, f"starting on port {port}"))
    started = time.monotonic()
    found = _start(home, emit, launch or Launch())
    emit(PhaseEnded(PHASE, ok=True, seconds=time.monotonic() - started, detail=found.endpoint))
    return found


def _start(home: Home, emit: Emit, launch: Launch) -> CloudStatus:
    if not os.environ.get(localstack.TOKEN):
        return embedded.start(home, launch)
    localstack.compose(home.root, home.port, emit, "up", "--detach", "--wait")
    found = look(home)
    if not found.running:
        raise PreflightError(
            f"LocalStack does not answer at {found.endpoint}",
            remedy=f"see why: `docker compose -p shipway-cloud-{home.port} logs`",
        )
    return found


def down(root: Path, port: int, emit: Emit) -> CloudStatus:
    """Stop the local cloud that was started from `root` on `port`; no container is left.

    Also after it was killed, and if there is none. Raises PreflightError if what answers on the
    port was not started from `root`.
    """
    home = Home(root, port)
    found = look(home)
    pid = home.pid()
    if found.running and found.kind == "localstack":
        localstack.compose(root, port, emit, "down", "--volumes")
    elif pid is not None:
        _stop(home, pid, emit)
    elif found.running:
        raise _not_ours(found, port)
    else:
        emit(Note("no local cloud is running"))
    home.pid_file.unlink(missing_ok=True)
    if left := remove_left(port):
        emit(Note(f"removed what was left of an earlier run: {', '.join(left)}"))
    return look(home)


def _stop(home: Home, pid: int, emit: Emit) -> None:
    emit(PhaseStarted(PHASE, f"stopping process {pid}"))
    started = time.monotonic()
    embedded.stop(home, pid)
    emit(PhaseEnded(PHASE, ok=True, seconds=time.monotonic() - started, detail="stopped"))


def status(root: Path, port: int, emit: Emit) -> CloudStatus:
    """Say whether the local cloud runs on `port`, where it listens, and where its log is."""
    found = look(Home(root, port))
    if not found.running:
        emit(Note(f"no local cloud answers at {found.endpoint}"))
    elif found.kind == "other":
        emit(Note(f"another program listens on port {port}", level="warning"))
    else:
        emit(Note(f"the local cloud is up: {found.endpoint}{_process(found)}"))
        for name, url in found.urls:
            emit(Note(f"load balancer {name}: {url}"))
        for name, url in found.sites:
            emit(Note(f"distribution {name}: {url}"))
        for name, url in found.databases:
            emit(Note(f"database {name}: {url}"))
    return found


def _process(found: CloudStatus) -> str:
    pid = f", process {found.pid}" if found.pid else ""
    return pid + (f", log {found.log}" if found.log else "")


def _refuse_other(found: CloudStatus, port: int) -> None:
    if found.kind == "other":
        raise PreflightError(
            f"port {port} is taken by another program",
            remedy=f"stop it (`lsof -i :{port}` names it), or give this environment another "
            "endpoint in deploy.toml",
        )


def _not_ours(found: CloudStatus, port: int) -> PreflightError:
    _refuse_other(found, port)
    return PreflightError(
        f"the local cloud on port {port} was not started from this folder",
        remedy=f"stop it where it was started, or end its process: `kill {found.pid}`",
    )
