"""The Docker engine as the tasks' container agent uses it.

docker-py blocks, so every call runs in a pool of threads of its own; following logs and events
takes one thread each. Texts of errors are ECS's:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import docker
import docker.errors
import requests
import requests.exceptions
from docker import DockerClient

from localcloud import network
from localcloud.ecs.containers import CONTAINER_LABEL, TASK_LABEL, image_reference
from localcloud.ecs.output import Output
from localcloud.network import LABEL
from localcloud.settings import Settings

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

# Calls at once; more would only queue in the engine.
_THREADS = 16
# Seconds for a call to answer: longer than the longest stopTimeout, which is 120 on Fargate.
_PATIENCE = 150
_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)


class StartError(Exception):
    """A container cannot be started; the message is what ECS gives as the reason."""


@dataclass(frozen=True)
class Image:
    """A pulled image: Docker's id of it, and the digest that the registry knows it by."""

    id: str
    digest: str


@dataclass(frozen=True)
class Inspection:
    """`ports` maps a container port to the port on 127.0.0.1 that leads to it."""

    running: bool
    exit_code: int
    out_of_memory: bool
    health: str
    address: str
    ports: Mapping[int, int]


@dataclass(frozen=True)
class DockerEvent:
    """Something happened to a container: `action` "die", "health_status: healthy", "resync"."""

    task: str
    container: str
    action: str


class Runtime(Protocol):
    """What tasks need of a container engine; the calls raise StartError."""

    async def pull(self, image: str) -> Image: ...
    async def create_volume(self, name: str, labels: dict[str, str]) -> None: ...
    async def create(self, image: Image, arguments: dict[str, Any]) -> str: ...
    async def start(self, container_id: str) -> Inspection: ...
    async def inspect(self, container_id: str) -> Inspection | None: ...
    async def stop(self, container_id: str, patience: int) -> None: ...
    async def remove(self, container_id: str) -> None: ...
    async def remove_volume(self, name: str) -> None: ...
    def follow(
        self, container_id: str, line: Callable[[bytes | None], None]
    ) -> Callable[[], None]: ...


def _detail(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error)


class DockerRuntime:
    """Containers of one local cloud, on a real engine."""

    def __init__(self, settings: Settings, client: DockerClient | None) -> None:
        self._settings = settings
        self._client = client
        self._connecting = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._closed = threading.Event()

    def _docker(self) -> DockerClient:
        with self._connecting:
            if self._client is None:
                self._client = docker.from_env(timeout=_PATIENCE, max_pool_size=_THREADS)
            return self._client

    async def _call(self, work: Callable[[DockerClient], T], error: str) -> T:
        def attempt() -> T:
            try:
                return work(self._docker())
            except _ERRORS as failure:
                raise StartError(f"{error}: {_detail(failure)}") from failure

        return await asyncio.get_running_loop().run_in_executor(self._threads, attempt)

    async def pull(self, image: str) -> Image:
        """Pull `image`. One that names no registry may also be there already."""
        reference = image_reference(image, self._settings)
        return await self._call(
            lambda client: self._pull(client, reference), "CannotPullContainerError"
        )

    def _pull(self, client: DockerClient, reference: str) -> Image:
        local = reference.startswith(f"localhost:{self._settings.port}/")
        if not local:
            with contextlib.suppress(docker.errors.ImageNotFound):
                return _image(client, reference, reference)
        repository, at, digest = reference.partition("@")
        if not at:
            repository, digest = _split_tag(reference)
        auth = {"username": "AWS", "password": "local"} if local else None
        client.api.pull(repository, tag=digest, auth_config=auth)
        return _image(client, reference, repository)

    async def create_volume(self, name: str, labels: dict[str, str]) -> None:
        await self._call(
            lambda client: client.volumes.create(name, labels=labels), "CannotCreateVolumeError"
        )

    async def create(self, image: Image, arguments: dict[str, Any]) -> str:
        """Create a container and return its id. The network is made that it asks for."""

        def make(client: DockerClient) -> str:
            if arguments.get("network") == self._settings.network:
                network.ensure(client, self._settings)
            return str(client.containers.create(image.id, **arguments).id)

        return await self._call(make, "CannotCreateContainerError")

    async def start(self, container_id: str) -> Inspection:
        def begin(client: DockerClient) -> Inspection:
            client.api.start(container_id)
            return _inspection(client.api.inspect_container(container_id))

        return await self._call(begin, "CannotStartContainerError")

    async def inspect(self, container_id: str) -> Inspection | None:
        """Return the container's state, None if it is gone."""

        def look(client: DockerClient) -> Inspection | None:
            try:
                return _inspection(client.api.inspect_container(container_id))
            except docker.errors.NotFound:
                return None

        return await self._call(look, "CannotInspectContainerError")

    async def stop(self, container_id: str, patience: int) -> None:
        """SIGTERM, and SIGKILL after `patience` seconds."""

        def end(client: DockerClient) -> None:
            with contextlib.suppress(docker.errors.NotFound):
                client.api.stop(container_id, timeout=patience)

        await self._call(end, "CannotStopContainerError")

    async def remove(self, container_id: str) -> None:
        def drop(client: DockerClient) -> None:
            with contextlib.suppress(docker.errors.NotFound):
                client.api.remove_container(container_id, force=True, v=True)

        await self._call(drop, "CannotRemoveContainerError")

    async def remove_volume(self, name: str) -> None:
        def drop(client: DockerClient) -> None:
            with contextlib.suppress(docker.errors.NotFound):
                client.api.remove_volume(name)

        await self._call(drop, "CannotRemoveVolumeError")

    def follow(self, container_id: str, line: Callable[[bytes | None], None]) -> Callable[[], None]:
        """Call `line` in the running loop with every chunk of output, at last with None.

        Returns what ends the following before the container does.
        """
        loop, output = asyncio.get_running_loop(), Output(self._docker(), container_id)

        def read() -> None:
            try:
                for chunk in output:
                    loop.call_soon_threadsafe(line, chunk)
            except Exception:  # noqa: BLE001 - whatever it is, the end must be told
                _LOG.warning("what %s wrote was not read to its end", container_id, exc_info=True)
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(line, None)

        threading.Thread(target=read, name=f"logs-{container_id[:12]}", daemon=True).start()
        return output.close

    def watch(self, tell: Callable[[DockerEvent], None]) -> None:
        """Call `tell` in the running loop for every event of this local cloud's containers.

        After a loss of the connection a "resync" event asks to look at all containers.
        """
        loop = asyncio.get_running_loop()

        def read() -> None:
            while not self._closed.is_set():
                with contextlib.suppress(*_ERRORS, RuntimeError):
                    loop.call_soon_threadsafe(tell, DockerEvent("", "", "resync"))
                    self._read_events(lambda event: loop.call_soon_threadsafe(tell, event))
                self._closed.wait(0.5)

        threading.Thread(target=read, name="docker-events", daemon=True).start()

    def _read_events(self, tell: Callable[[DockerEvent], object]) -> None:
        wanted = {"label": f"{LABEL}={self._settings.instance}", "type": "container"}
        since = int(time.time())
        for event in self._docker().events(decode=True, filters=wanted, since=since):
            labels = event["Actor"]["Attributes"]
            found = DockerEvent(
                labels.get(TASK_LABEL, ""), labels.get(CONTAINER_LABEL, ""), event["Action"]
            )
            tell(found)
            if self._closed.is_set():
                return

    async def close(self) -> None:
        self._closed.set()
        self._threads.shutdown(wait=False)


def _split_tag(reference: str) -> tuple[str, str]:
    head, colon, tag = reference.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (reference, "latest")


def _image(client: DockerClient, reference: str, repository: str) -> Image:
    found = client.images.get(reference).attrs
    digests: list[str] = found.get("RepoDigests") or []
    own = [d.partition("@")[2] for d in digests if d.partition("@")[0] == repository]
    _, _, asked = reference.partition("@")
    return Image(found["Id"], asked or next(iter(own), found["Id"]))


def _inspection(found: Mapping[str, Any]) -> Inspection:
    state, networks = found["State"], found["NetworkSettings"]
    ports = {
        int(port.partition("/")[0]): int(bound[0]["HostPort"])
        for port, bound in (networks.get("Ports") or {}).items()
        if bound
    }
    return Inspection(
        running=bool(state["Running"]),
        exit_code=int(state["ExitCode"]),
        out_of_memory=bool(state.get("OOMKilled")),
        health=(state.get("Health") or {}).get("Status", "none"),
        address=network.address(networks),
        ports=ports,
    )
