"""A clone of this repository in a folder of its own, on ports of its own, driven as a person would:
by typing `invoke`. Its local cloud runs beside any other.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import localstack_client.session

from deploy.target import unpacked
from tests.integration.local_cloud import eventually
from tests.ports import free_port

PROBE = """
[services.probe]
context = "tests/apps/probe"
port = {port}
cpu = 256
memory = 512
health = "/health"
start_period = 2
environment = {{ {environment} }}

[services.probe.build]
args = {{ PYTHON_IMAGE = "${{PYTHON_IMAGE:-}}" }}
"""


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, all that it printed, and the seconds it took."""

    code: int
    out: str
    seconds: float

    @property
    def phases(self) -> list[str]:
        """The first word of each phase that was begun: what a run spent its time on."""
        return re.findall(r"^▸ (\w+)", self.out, re.MULTILINE)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of a --json run."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]


class Ports(NamedTuple):
    """Where one local cloud listens."""

    gateway: int
    listener: int
    cdn: int
    database: int


class Running(subprocess.Popen[str]):
    """A command that runs. A test that fails ends it, and shows where each of its threads was."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error and self.poll() is None:
            self.send_signal(signal.SIGABRT)  # faulthandler writes the threads' stacks
            with contextlib.suppress(subprocess.TimeoutExpired):
                print(self.communicate(timeout=10)[0])
            self.kill()
        super().__exit__(kind, error, traceback)


class Project:
    """A clone with a local cloud, a backend and the probe service."""

    def __init__(self, root: Path, source: Path, ports: Ports, *, echo: bool = True) -> None:
        self.root, self.echo = root, echo
        self.port, self.listener, self.cdn, self.database = ports
        copy_tracked(source, root)
        text = (root / "deploy.toml").read_text()
        text = text.replace(
            '"http://localhost:4566"',
            f'"http://localhost:{self.port}"\nport = {self.listener}\nsite_port = {self.cdn}\n'
            f"database_port = {self.database}",
        )
        self.base = text
        (root / "deploy.toml").write_text(text)
        for name in (".env.local",):  # what scripts/setup found on this machine
            if (source / name).exists():
                shutil.copy(source / name, root / name)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.listener}"

    @property
    def site(self) -> str:
        return f"http://localhost:{self.cdn}"

    def probe(self, **environment: str) -> None:
        """Make deploy.toml give the probe service these variables, and PROBE_PORT as its port."""
        port = environment.get("PROBE_PORT", "8080")
        pairs = ", ".join(f'{key} = "{value}"' for key, value in environment.items())
        (self.root / "deploy.toml").write_text(
            self.base + PROBE.format(environment=pairs, port=port)
        )

    def client(self, service: str) -> Any:
        host = f"localhost:{self.port}"
        return localstack_client.session.Session(localstack_host=host).client(service)

    def start(self, *arguments: str, **variables: str) -> "Running":
        """Start `invoke ARGUMENTS` and return the process; its output is a pipe."""
        return Running(
            [sys.executable, "-X", "faulthandler", "-m", "invoke", *arguments],
            cwd=self.root,
            env={**os.environ, "COLUMNS": "100", **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def invoke(self, *arguments: str, timeout: float = 400, **variables: str) -> Ran:
        """Run `invoke ARGUMENTS` to its end."""
        started = time.monotonic()
        with self.start(*arguments, **variables) as process:
            out, _ = process.communicate(timeout=timeout)
        seconds = time.monotonic() - started
        if self.echo:
            print(f"$ invoke {' '.join(arguments)}\n{out}[{process.returncode}] {seconds:.1f} s")
        return Ran(process.returncode, out, seconds)

    def target(self) -> dict[str, Any]:
        """Return the deploy parameter."""
        name = "/shipway-demo/local/deploy"
        parameter = self.client("ssm").get_parameter(Name=name)["Parameter"]
        found: dict[str, Any] = json.loads(unpacked(parameter["Value"]))
        return found

    def service(self, name: str) -> dict[str, Any]:
        """Return the ECS service of a service of deploy.toml, as DescribeServices has it."""
        target = self.target()
        reply = self.client("ecs").describe_services(
            cluster=target["cluster"], services=[target["services"][name]["service"]]
        )
        service: dict[str, Any] = reply["services"][0]
        return service

    def task(self, name: str) -> dict[str, Any]:
        """Return the task of a service of deploy.toml, as DescribeTasks has it.

        A busy machine fails health checks, and then there are two for a while: this waits, up to
        120 seconds, until there is one, and it runs.
        """
        service, ecs = self.service(name), self.client("ecs")
        cluster = service["clusterArn"]

        def alone() -> dict[str, Any] | None:
            found = ecs.list_tasks(cluster=cluster, serviceName=service["serviceName"])["taskArns"]
            tasks = ecs.describe_tasks(cluster=cluster, tasks=found)["tasks"] if found else []
            settled = [task["lastStatus"] for task in tasks] == ["RUNNING"]
            return tasks[0] if settled else None

        return eventually(alone, 120)

    def written(self) -> dict[str, Any]:
        """Return all that a deploy could have written: revisions, images, what runs."""
        ecs, ecr = self.client("ecs"), self.client("ecr")
        images = {}
        for repository in ecr.describe_repositories()["repositories"]:
            name = repository["repositoryName"]
            found = ecr.describe_images(repositoryName=name)["imageDetails"]
            images[name] = sorted(image["imageDigest"] for image in found)
        return {
            "definitions": ecs.list_task_definitions()["taskDefinitionArns"],
            "images": images,
            "deployments": {
                name: [deployment["id"] for deployment in self.service(name)["deployments"]]
                for name in self.target()["services"]
            },
        }

    def containers(self) -> list[str]:
        """Return the names of this local cloud's containers."""
        from docker import from_env

        engine = from_env()
        try:
            label = f"shipway.cloud={socket.gethostname()}:{self.port}"
            found = engine.containers.list(all=True, filters={"label": label})
            return [str(container.name) for container in found]
        finally:
            engine.close()

    @staticmethod
    def get(url: str) -> str:
        """Return the body of a page that answers 200."""
        with urllib.request.urlopen(url, timeout=10) as reply:
            text: str = reply.read().decode()
            return text

    def edit(self, file: str, pattern: str, replacement: str) -> None:
        """Change a line, as a person would in an editor. The pattern must be there."""
        path = self.root / file
        text, count = re.subn(pattern, replacement, path.read_text(), count=1)
        assert count == 1, f"{pattern!r} is not in {file}"
        path.write_text(text)


def copy_tracked(source: Path, root: Path) -> None:
    """Copy what a clone would have, with the changes of the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=source, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (source / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, root / name)


def free_ports() -> Ports:
    """Return ports that nobody listens on."""
    return Ports(*(free_port() for _ in Ports._fields))
