"""Run the integration tests that LocalStack 4.14 can serve against a container of it.

`python -m tests.integration.run_localstack [pytest's arguments]`: builds the image if it is not
there, starts it on a free port of the loopback interface, and always removes it again. Ends with
pytest's exit code.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.config.model import Build
from deploy.errors import PreflightError, ShipwayError
from deploy.image.build import build_argv, build_environment
from deploy.image.tool import choose, clients_on
from deploy.process import run
from scripts.machine import base_image, certificates

if TYPE_CHECKING:
    from docker.models.containers import Container

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "localstack" / "images" / "localstack"
IMAGE = "shipway-localstack:4.14.0"
PORT = "4566/tcp"
READY_SECONDS = 120.0
LOG_LINES = 20
DEVELOPMENT = "tests/integration/dev"  # `invoke dev` asks no cloud


def main(arguments: list[str]) -> int:
    """Return pytest's exit code, or the error's if LocalStack could not be started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the container is removed
    try:
        build()
        with localstack() as endpoint:
            return run_tests(endpoint, arguments)
    except ShipwayError as error:
        sys.stderr.write("\n".join((*error.details, error.message, error.remedy)) + "\n")
        return error.exit_code


def build() -> None:
    """Build IMAGE; the engine's cache makes it quick when nothing has changed."""
    base, _ = base_image.prepare(base_image.LOCALSTACK)
    bundle = certificates.bundle(os.environ)
    recipe = Build(
        context=FOLDER,
        dockerfile=FOLDER / "Dockerfile",
        args={"PYTHON_IMAGE": base},
        secrets={"ca_bundle": bundle} if bundle else {},
    )
    tool = choose(clients_on(os.environ["PATH"]))
    say("building LocalStack 4.14.0: a minute the first time ...")
    run(build_argv(recipe, IMAGE, {}, tool), env=build_environment(recipe, tool))


@contextmanager
def localstack() -> Iterator[str]:
    """Give the endpoint of a LocalStack that is ready, and remove its container afterwards."""
    import docker

    # Not `run`: it leaves the container behind when starting it fails.
    container = docker.from_env().containers.create(IMAGE, ports={PORT: ("127.0.0.1", 0)})
    try:
        container.start()
        container.reload()
        port = container.attrs["NetworkSettings"]["Ports"][PORT][0]["HostPort"]
        endpoint = f"http://127.0.0.1:{port}"
        wait(lambda: healthy(endpoint), container)
        say(f"LocalStack 4.14.0 is ready on {endpoint}")
        yield endpoint
    finally:
        container.remove(force=True, v=True)


def wait(ready: Callable[[], bool], container: "Container") -> None:
    """Return once LocalStack is `ready`. Raises PreflightError if it ends or needs too long."""
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        container.reload()
        if container.status == "exited" or time.monotonic() > deadline:
            log = container.logs(tail=LOG_LINES).decode(errors="replace")
            raise PreflightError("LocalStack did not start", details=log.splitlines())
        time.sleep(0.2)


def healthy(endpoint: str) -> bool:
    """Tell whether LocalStack answers its own health check (docs.localstack.cloud, Health)."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def run_tests(endpoint: str, arguments: list[str]) -> int:
    chosen = ("-m", "not ecs", f"--ignore={DEVELOPMENT}")
    argv = (sys.executable, "-m", "pytest", "tests/integration", *chosen, *arguments)
    return subprocess.call(argv, cwd=ROOT, env={**os.environ, "SHIPWAY_CLOUD_ENDPOINT": endpoint})


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
