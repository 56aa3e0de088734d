"""PostgreSQL servers in containers. docker-py blocks: every call belongs in a thread."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import docker
import docker.errors
import requests.exceptions
from docker import DockerClient

from localcloud import network
from localcloud.rds.containers import (
    container_arguments,
    container_name,
    image_reference,
    volume_labels,
    volume_name,
)
from localcloud.rds.model import Instance
from localcloud.settings import Settings

ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)
_PATIENCE = 120  # seconds for a call to answer
_STOP_SECONDS = 30
_TAIL = 8
_REMEDY = "Run `scripts/setup`, or name an image that you have in postgres_image of deploy.toml."


class ServerError(Exception):
    """A server can't be had, or refuses what it was told; the message says why."""


class Servers(Protocol):
    """What instances need of a container engine. Every call blocks and may raise ServerError."""

    def check_image(self, instance: Instance) -> None: ...
    def create(self, instance: Instance, secret: str) -> str: ...
    def start(self, container: str) -> None: ...
    def stop(self, container: str) -> None: ...
    def remove(self, instance: Instance) -> None: ...
    def address(self, container: str) -> str: ...
    def execute(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str]: ...
    def tail(self, container: str) -> str: ...


class DockerServers:
    """The servers of one local cloud, on a real engine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: DockerClient | None = None
        self._connecting = threading.Lock()

    def _docker(self) -> DockerClient:
        with self._connecting:
            if self._client is None:
                self._client = docker.from_env(timeout=_PATIENCE)
            return self._client

    def check_image(self, instance: Instance) -> None:
        """Have the image on the engine, and of the version that is asked for."""
        name = image_reference(instance, self._settings)
        found = _major(self._image(name))
        if found and instance.major and found != instance.major:
            raise ServerError(
                f"{name} is PostgreSQL {found}, and {instance.major} is asked for. Name an image "
                "of that version in postgres_image of deploy.toml, or change the version of "
                "[database]."
            )

    def _image(self, name: str) -> Mapping[str, Any]:
        client = self._engine()
        try:
            return client.images.get(name).attrs
        except docker.errors.ImageNotFound:
            pass
        try:
            return client.images.pull(name).attrs
        except ERRORS as error:
            raise ServerError(
                f"{name} is not on this machine and can't be pulled: {_detail(error)}. {_REMEDY}"
            ) from error

    def _engine(self) -> DockerClient:
        try:
            return self._docker()
        except ERRORS as error:
            raise ServerError(f"no Docker engine answers: {_detail(error)}") from error

    def create(self, instance: Instance, secret: str) -> str:
        """Create the container, and the volume that is kept; return the container's id."""
        with _told("the container can't be created"):
            client = self._docker()
            network.ensure(client, self._settings)
            if self._settings.persist:
                self._keep(client, instance)
            image = image_reference(instance, self._settings)
            arguments = container_arguments(instance, secret, self._settings)
            return str(client.containers.create(image, **arguments).id)

    def _keep(self, client: DockerClient, instance: Instance) -> None:
        image = client.images.get(image_reference(instance, self._settings))
        labels = volume_labels(_major(image.attrs), self._settings)
        name = volume_name(instance.identifier, instance.region, self._settings)
        volume = client.volumes.create(name, labels=labels)  # or the one that is there
        had = (volume.attrs.get("Labels") or {}).get("shipway.postgres")
        if had != labels["shipway.postgres"]:
            raise ServerError(
                f"the rows that were kept are of PostgreSQL {had}, which "
                f"{labels['shipway.postgres']} can't read: run `invoke teardown` to drop them, or "
                f"`docker volume rm {name}`"
            )

    def start(self, container: str) -> None:
        with _told("the container can't be started"):
            self._docker().api.start(container)

    def stop(self, container: str) -> None:
        with _told("the container can't be stopped"), contextlib.suppress(docker.errors.NotFound):
            self._docker().api.stop(container, timeout=_STOP_SECONDS)

    def remove(self, instance: Instance) -> None:
        """Remove the container and all of its volumes, the one that is kept as well."""
        client = self._docker()
        with _told("the container can't be removed"):
            name = container_name(instance, self._settings)  # the id may have been lost
            with contextlib.suppress(docker.errors.NotFound):
                client.api.remove_container(name, force=True, v=True)
            name = volume_name(instance.identifier, instance.region, self._settings)
            with contextlib.suppress(docker.errors.NotFound):
                client.api.remove_volume(name)

    def address(self, container: str) -> str:
        """Return the address on the local cloud's network, "" unless the container runs."""
        with _told("the container can't be looked at"):
            try:
                found = self._docker().api.inspect_container(container)
            except docker.errors.NotFound:
                return ""
            running = bool(found["State"]["Running"])
            return network.address(found["NetworkSettings"]) if running else ""

    def execute(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a command in the container; return its exit code and its output."""
        with _told("the server can't be talked to"):
            api = self._docker().api
            made = api.exec_create(container, list(argv), environment=dict(environment))
            said = bytes(api.exec_start(made["Id"])).decode(errors="replace").strip()
            return int(api.exec_inspect(made["Id"])["ExitCode"] or 0), said

    def tail(self, container: str) -> str:
        """Return the last lines of the server's log."""
        with _told("there is no log"):
            log = bytes(self._docker().api.logs(container, tail=_TAIL))
            return log.decode(errors="replace").strip()


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except ERRORS as error:
        raise ServerError(f"{what}: {_detail(error)}") from error


def _detail(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error)


def _major(image: Mapping[str, Any]) -> str:
    """Return the major version that a PostgreSQL image says that it has, "" if it says none.

    https://github.com/docker-library/postgres: ENV PG_MAJOR
    """
    variables = (image.get("Config") or {}).get("Env") or []
    found = dict(variable.partition("=")[::2] for variable in variables)
    return str(found.get("PG_MAJOR", ""))
