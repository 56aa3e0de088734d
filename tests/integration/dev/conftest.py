"""`invoke dev` in a clone of its own: on ports, a Compose project and an image of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
import docker.errors
import pytest
from docker.models.containers import Container

from deploy.compose.containers import of_project
from tests.e2e.project import Project, free_ports

ROOT = Path(__file__).parents[3]
START_SECONDS, SECONDS = 400.0, 60.0


def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait until the condition holds; fail, saying what did not come, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


class Run:
    """An `invoke dev` that runs, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.lines = process, list[str]()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as pipe:
            for line in pipe:  # each as it comes
                self.lines.append(line)

    @property
    def out(self) -> str:
        return "".join(self.lines)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.out
        return "\nready: " in self.out

    def end(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        return code


class Clone:
    """A clone in which `invoke dev` is typed."""

    def __init__(self, root: Path, engine: docker.DockerClient) -> None:
        self.engine = engine
        ports = free_ports()
        self.port, self.database_port = ports.listener, ports.database
        self.made = Project(root, ROOT, ports)
        self.name = f"shipway-dev-test-{self.port}"
        self.image = f"{self.name}-backend:dev"
        self.ports = (f"--port={self.port}", f"--database-port={self.database_port}")
        self.edit("deploy.toml", 'name = "shipway-demo"', f'name = "{self.name}"')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.made.root / path
        text = file.read_text()
        assert old in text, f"{path} has no {old}"
        file.write_text(text.replace(old, new))

    def start(self, *arguments: str, project: str = "", ports: tuple[str, ...] = ()) -> Run:
        argv = [sys.executable, "-m", "invoke", "dev", *(ports or self.ports), *arguments]
        process = subprocess.Popen(
            argv,
            cwd=self.made.root,
            env={**os.environ, "COMPOSE_PROJECT_NAME": project or self.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A test run that stands in the background would hand on that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        return Run(process)

    def run(
        self, *arguments: str, project: str = "", ports: tuple[str, ...] = ()
    ) -> tuple[int, str]:
        """Run `invoke dev` to its end; return its exit code and what it printed."""
        run = self.start(*arguments, project=project, ports=ports)
        code = run.process.wait(START_SECONDS)
        run.reader.join(SECONDS)
        return code, run.out

    def containers(self) -> dict[str, Container]:
        found = of_project(self.engine, self.name)
        return {each.labels["com.docker.compose.service"]: each for each in found}

    def volumes(self) -> list[str]:
        label = f"com.docker.compose.project={self.name}"
        return [volume.name for volume in self.engine.volumes.list(filters={"label": label})]

    def get(self, path: str) -> str:
        """Return the body, whatever the status; "" if nothing answers."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as reply:
                return str(reply.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except (OSError, ValueError):
            return ""


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """The clone; nothing of it is left in the engine after the tests."""
    with closing(docker.from_env(timeout=120)) as engine:
        made = Clone(tmp_path_factory.mktemp("dev"), engine)
        try:
            yield made
        finally:
            code, out = made.run("--reset")
            with suppress(docker.errors.ImageNotFound):
                engine.images.remove(made.image, force=True)
        assert code == 0, out
        assert not made.containers()
        assert not made.volumes()
