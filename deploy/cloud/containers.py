"""Removes what a local cloud leaves in the Docker engine: containers, networks, rows, images."""

import contextlib
import socket
import time
from typing import TYPE_CHECKING

from deploy.errors import ToolError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_LABELS = ("shipway.cloud", "ministack.instance")
_KEPT = "shipway.database"  # on volumes that outlive a local cloud
_SECONDS = 20.0
_POLL_SECONDS = 0.1


def remove_left(port: int) -> tuple[str, ...]:
    """Remove every container that is labelled as of the local cloud on `port`, and its network.

    Returns the containers' names; none if there is no Docker engine to ask. Raises ToolError if
    some stay.
    """
    import docker
    from docker.errors import DockerException

    try:
        engine = docker.from_env()
    except DockerException:
        return ()
    with contextlib.closing(engine):
        return _remove_all(engine, f"{socket.gethostname()}:{port}")


def _remove_all(engine: "DockerClient", instance: str) -> tuple[str, ...]:
    from docker.errors import APIError

    removed: dict[str, None] = {}
    deadline = time.monotonic() + _SECONDS
    while found := _labelled(engine, instance):
        names = [str(container.name) for container in found]
        if time.monotonic() > deadline:
            raise ToolError(
                f"containers of the local cloud are left: {', '.join(names)}",
                remedy=f"remove them: `docker rm -f {' '.join(names)}`",
            )
        removed.update(dict.fromkeys(names))
        for container in found:
            _remove(container)
        time.sleep(_POLL_SECONDS)
    for network in engine.networks.list(filters={"label": f"{_LABELS[0]}={instance}"}):
        with contextlib.suppress(APIError):
            network.remove()
    return tuple(removed)


def _labelled(engine: "DockerClient", instance: str) -> list["Container"]:
    return [
        container
        for label in _LABELS
        for container in engine.containers.list(
            all=True, filters={"label": f"{label}={instance}"}, ignore_removed=True
        )
    ]


def _remove(container: "Container") -> None:
    from docker.errors import APIError

    # The reaper of a local cloud that was killed may be at it too (404, 409); what can't be
    # removed for another reason is found again, and told.
    with contextlib.suppress(APIError):
        container.remove(force=True, v=True)


def kept_databases(port: int) -> tuple[str, ...]:
    """Return the volumes in which databases of the local cloud on `port` have kept their rows.

    None if there is no Docker engine to ask.
    """
    import docker
    from docker.errors import DockerException

    try:
        engine = docker.from_env()
    except DockerException:
        return ()
    with contextlib.closing(engine):
        found = engine.volumes.list(filters={"label": f"{_KEPT}={socket.gethostname()}:{port}"})
        return tuple(str(volume.name) for volume in found)


def remove_databases(port: int) -> tuple[str, ...]:
    """Remove those volumes, when the local cloud has stopped; return their names.

    Raises ToolError if something uses one of them.
    """
    import docker
    from docker.errors import APIError

    names = kept_databases(port)
    for name in names:
        with contextlib.closing(docker.from_env()) as engine:
            try:
                engine.api.remove_volume(name)
            except APIError as error:
                raise ToolError(
                    f"the database's volume {name} can't be removed: {error.explanation}",
                    remedy=f"remove what uses it, and then: `docker volume rm {name}`",
                ) from error
    return names


def remove_images(port: int) -> tuple[str, ...]:
    """Remove the images that were built for, or pulled from, the registry of the local cloud.

    Returns their names; none if there is no Docker engine to ask. An image that something else
    uses stays.
    """
    import docker
    from docker.errors import APIError, DockerException

    try:
        engine = docker.from_env()
    except DockerException:
        return ()
    removed = []
    with contextlib.closing(engine):
        for image in engine.images.list():
            names = (*image.tags, *(image.attrs.get("RepoDigests") or ()))
            for name in (name for name in names if name.startswith(f"localhost:{port}/")):
                with contextlib.suppress(APIError):  # gone with another name of it, or in use
                    engine.images.remove(name)
                    removed.append(name)
    return tuple(removed)
