"""A local cloud in a process of its own, on free ports, and what tests do with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import docker
from localstack_client.session import Session

from scripts.machine import base_image
from scripts.machine.postgres_image import POSTGRES
from tests.ports import free_port, free_range

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30.0
STOP_SECONDS = 60.0
T = TypeVar("T")


@dataclass(frozen=True)
class Cloud:
    """An endpoint under test. `pid` is None for one that was started elsewhere."""

    endpoint: str
    pid: int | None = None

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def registry(self) -> str:
        """Where images are pushed to."""
        return f"localhost:{self.port}"

    @property
    def instance(self) -> str:
        return f"{socket.gethostname()}:{self.port}"

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of `service`."""
        host = self.endpoint.removeprefix("http://")
        return Session(localstack_host=host).client(service, **options)

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.endpoint}/_localcloud/status", timeout=10) as reply:
            found: dict[str, Any] = json.load(reply)
            return found

    def listener_url(self, load_balancer: str, port: int | None = None) -> str:
        """Return the address of a load balancer's listener (the one declared for `port`)."""
        return next(
            str(item["url"])
            for item in self.status()["listeners"]
            if item["load_balancer"] == load_balancer and port in (None, item["port"])
        )

    def site_url(self, distribution: str) -> str:
        """Return the address of a distribution."""
        sites = self.status()["distributions"]
        return next(str(item["url"]) for item in sites if item["id"] == distribution)

    def containers(self) -> list[str]:
        """Return the names of the containers that belong to this local cloud."""
        return containers_of(self.instance)


def containers_of(instance: str) -> list[str]:
    with closing(docker.from_env()) as engine:
        return [
            str(container.name)
            for label in ("shipway.cloud", "ministack.instance")
            for container in engine.containers.list(
                all=True, filters={"label": f"{label}={instance}"}, ignore_removed=True
            )
        ]


def eventually(look: Callable[[], T | None], seconds: float = 30.0, every: float = 0.05) -> T:
    """Return the first true value of `look()`; fail with its last value after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s; last seen: {found!r}"
        time.sleep(every)
    return found


@contextmanager
def local_cloud(log: Path) -> Iterator[Cloud]:
    """Run a local cloud; at its end no container of it may be left."""
    cloud, process = start(log, free_port(), free_range())
    try:
        yield cloud
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS)
        finally:
            process.kill()
        left = cloud.containers()
        sys.stdout.write(log.read_text()[-20000:])
        assert code == 0, f"the local cloud ended with exit code {code}"
        assert not left, f"containers are left: {left}"


def postgres_image() -> str:
    """Return what databases run: POSTGRES_IMAGE, else the stand-in if there is one, else ""."""
    stand_in = POSTGRES.stand_in if base_image.exists(POSTGRES.stand_in) else ""
    return os.environ.get("POSTGRES_IMAGE") or stand_in


def start(
    log: Path, port: int, base: int, *options: str
) -> "tuple[Cloud, subprocess.Popen[bytes]]":
    """Start a local cloud and return when it answers. `options` are more of its arguments."""
    bases = ("--listener-base", str(base), "--cdn-base", str(free_range()))
    databases = ("--database-base", str(free_range()), "--postgres-image", postgres_image())
    argv = (sys.executable, "-m", "localcloud", "--port", str(port), *bases, *databases, *options)
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            env={**os.environ, "PYTHONPATH": str(ROOT / "localstack")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    cloud = Cloud(f"http://127.0.0.1:{port}", process.pid)
    try:
        eventually(lambda: process.poll() is not None or _answers(cloud), READY_SECONDS)
        assert process.poll() is None, log.read_text()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return cloud, process


def _answers(cloud: Cloud) -> bool:
    try:
        return bool(cloud.status()["pid"] == cloud.pid)
    except OSError:
        return False
