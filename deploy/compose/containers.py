"""What Compose has started, as the engine tells it: state, addresses, what the containers say."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

# https://docs.docker.com/reference/compose-file/services/#labels
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
ONE_OFF, FOLDER = "com.docker.compose.oneoff", "com.docker.compose.project.working_dir"
RESTART_SECONDS = 3.0  # within which a container that ended may be running again
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Said:
    """A line of a container. `at` is in milliseconds since the epoch."""

    service: str
    container: str  # its id
    at: int
    text: str


@dataclass(frozen=True)
class Ended:
    """A container that has ended by itself, and was not started again."""

    service: str
    code: int
    out_of_memory: bool = False

    @property
    def told(self) -> str:
        why = "; it took more memory than it may" if self.out_of_memory else ""
        return f"{self.service} ended with exit code {self.code}{why}"


Put = Callable[[Said | Ended], None]


def of_project(engine: "DockerClient", project: str) -> list["Container"]:
    """Return all of its containers, also those that have ended, but none of `compose run`."""
    labels = [f"{PROJECT}={project}", f"{ONE_OFF}=False"]
    found: list[Container] = engine.containers.list(
        all=True, filters={"label": labels}, ignore_removed=True
    )
    return sorted(found, key=service_of)


def service_of(container: "Container") -> str:
    return str(container.labels.get(SERVICE, container.name))


def folder_of(container: "Container") -> str:
    """Return the folder from which Compose has started it."""
    return str(container.labels.get(FOLDER, ""))


def publisher(engine: "DockerClient", port: int) -> str:
    """Return the container that has this port of the machine, and its Compose project; or ""."""
    for container in engine.containers.list(filters={"publish": str(port)}, ignore_removed=True):
        project = container.labels.get(PROJECT)
        return f"container {container.name}" + (f" of {project}" if project else "")
    return ""


def failed(engine: "DockerClient", project: str) -> dict[Ended, tuple[str, ...]]:
    """Return the containers that ended with an error, each with its last 20 lines."""
    return {
        end: tuple(container.logs(tail=20).decode(errors="replace").splitlines())
        for container in of_project(engine, project)
        if container.status == "exited" and (end := ended(container)).code
    }


def ended(container: "Container") -> Ended:
    state: Mapping[str, Any] = container.attrs["State"]
    return Ended(service_of(container), int(state["ExitCode"]), bool(state["OOMKilled"]))


def published(containers: list["Container"]) -> dict[tuple[str, int], int]:
    """Return which port of this machine each service's own port has."""
    return {
        (service_of(container), int(inner.partition("/")[0])): int(outer[0]["HostPort"])
        for container in containers
        for inner, outer in container.ports.items()
        if outer
    }


def from_here(url: str, ports: Mapping[tuple[str, int], int]) -> str:
    """Return the URL by which this machine reaches what containers reach by `url`.

    Returns "" for what is no URL of a container with a published port.
    """
    try:
        parts = urlsplit(url)
        port = ports.get((parts.hostname or "", parts.port or 0))
    except ValueError:
        return ""
    user = parts.netloc.rpartition("@")[0]
    where = f"{user}@localhost:{port}" if user else f"localhost:{port}"
    return urlunsplit(parts._replace(netloc=where, query="")) if port else ""


def variables(container: "Container") -> dict[str, str]:
    """Return the environment that a container was started with."""
    pairs = (entry.partition("=") for entry in container.attrs["Config"]["Env"])
    return {name: value for name, _, value in pairs}


def follow(
    containers: list["Container"], *, from_now: Collection[str] = ()
) -> Iterator[Said | Ended]:
    """Yield what the containers have said and will say, and their ends; without end itself.

    Of the services `from_now` only what they will say.
    """
    queue: SimpleQueue[Said | Ended] = SimpleQueue()
    for container in containers:
        tail = 0 if service_of(container) in from_now else None
        threading.Thread(target=_follow, args=(container, queue.put, tail), daemon=True).start()
    while True:
        yield queue.get()


def _follow(container: "Container", put: Put, tail: int | None) -> None:
    """Tell of one container until it is removed. One that is started again is followed again."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    last = ""
    try:
        while True:
            begun = container.attrs["State"]["StartedAt"]
            for stamp, text in _lines(container, last, tail):
                last, tail = stamp, None
                put(Said(service_of(container), str(container.id), _moment(stamp), text))
            if not _started_again(container, begun, RESTART_SECONDS):
                put(ended(container))
                _started_again(container, begun, float("inf"))
    except (DockerException, RequestException):
        return  # removed; or the engine has ended, which whoever waits for it is told as well


def _started_again(container: "Container", begun: str, seconds: float) -> bool:
    """Wait until a container that was started at `begun` runs, or has run since."""
    deadline = time.monotonic() + seconds
    while True:
        container.reload()
        if container.status == "running" or container.attrs["State"]["StartedAt"] != begun:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)


def _lines(container: "Container", last: str, tail: int | None) -> Iterator[tuple[str, str]]:
    """Yield the lines after the time `last` with their times, as the engine writes both. Of those
    that are there only the last `tail`, unless it is None.
    """
    since = _moment(last) // 1000 if last else None
    lines: Literal["all"] | int = "all" if tail is None else tail
    for chunk in container.logs(stream=True, follow=True, timestamps=True, since=since, tail=lines):
        for line in chunk.decode(errors="replace").splitlines():
            stamp, _, text = line.partition(" ")
            if stamp > last:
                yield stamp, text


def _moment(stamp: str) -> int:
    """Return milliseconds since the epoch of "2026-01-31T08:00:00.123456789Z"."""
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)
