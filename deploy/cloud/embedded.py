"""Runs `python -m localcloud` detached from this process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from deploy.cloud.state import CloudStatus, Home, look
from deploy.errors import PreflightError

START_SECONDS = 30.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Launch:
    """How a local cloud is started: the first ports of what it opens, and about its databases.

    `postgres_image` is what they run (empty: the official image), with `persist` they keep their
    rows when it stops.
    """

    listener_base: int = 8000
    cdn_base: int = 8080
    database_base: int = 15432
    postgres_image: str = ""
    persist: bool = False


def argv(port: int, launch: Launch) -> tuple[str, ...]:
    bases = {
        "--port": port,
        "--listener-base": launch.listener_base,
        "--cdn-base": launch.cdn_base,
        "--database-base": launch.database_base,
    }
    ports = (word for name, base in bases.items() for word in (name, str(base)))
    image = ("--postgres-image", launch.postgres_image) if launch.postgres_image else ()
    persist = ("--persist",) if launch.persist else ()
    return (sys.executable, "-m", "localcloud", *ports, *image, *persist)


def start(home: Home, launch: Launch) -> CloudStatus:
    """Start the local cloud and return when it answers.

    Raises PreflightError with the last lines of its log if it does not.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    with home.log.open("wb") as log:
        process = subprocess.Popen(
            argv(home.port, launch),
            cwd=home.root,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # outlives this terminal, and its Ctrl-C
        )
    home.pid_file.write_text(str(process.pid))
    return _await_answer(home, process)


def _environment(home: Home) -> dict[str, str]:
    # The user's AWS profile and endpoint are none of the local cloud's business.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "PYTHONPATH": str(home.root / "localstack"), "PYTHONUNBUFFERED": "1"}


def _await_answer(home: Home, process: "subprocess.Popen[bytes]") -> CloudStatus:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        found = look(home)
        if found.running and found.kind == "embedded":
            process.returncode = 0  # it is to outlive us: no ResourceWarning
            return found
        if ended:
            raise _failed(home, f"the local cloud ended with exit code {process.returncode}")
        time.sleep(_POLL_SECONDS)
    process.kill()
    process.wait()
    raise _failed(home, f"the local cloud did not answer within {START_SECONDS:g} s")


def _failed(home: Home, message: str) -> PreflightError:
    home.pid_file.unlink(missing_ok=True)
    return PreflightError(message, remedy=f"the whole log is {home.log}", details=home.tail())


def stop(home: Home, pid: int) -> None:
    """End exactly the process `pid`, by force if it takes too long."""
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _wait(lambda: home.pid() is None, seconds):
            break
    home.pid_file.unlink(missing_ok=True)


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
