"""Removes what a local cloud leaves in the Docker engine: its containers, its images."""

import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker import DockerClient

_LABELS = ("shipway.cloud", "ministack.instance")


def remove_left(port: int) -> tuple[str, ...]:
    """Remove every container that is labelled as of the local cloud on `port`.

    Returns their names; none if there is no Docker engine to ask. Raises docker's errors if a
    container cannot be removed.
    """
    import docker
    from docker.errors import DockerException

    instance = f"{socket.gethostname()}:{port}"
    try:
        engine = docker.from_env()
    except DockerException:
        return ()
    with contextlib.closing(engine):
        return tuple(name for label in _LABELS for name in _remove(engine, f"{label}={instance}"))


def _remove(engine: "DockerClient", label: str) -> list[str]:
    from docker.errors import NotFound

    removed = []
    for container in engine.containers.list(
        all=True, filters={"label": label}, ignore_removed=True
    ):
        with contextlib.suppress(NotFound):
            container.remove(force=True, v=True)
            removed.append(str(container.name))
    return removed


def remove_images(port: int) -> tuple[str, ...]:
    """Remove the images that were built for, or pulled from, the registry of the local cloud.

    Returns their tags; none if there is no Docker engine to ask. An image that something else
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
            for tag in (tag for tag in image.tags if tag.startswith(f"localhost:{port}/")):
                with contextlib.suppress(APIError):
                    engine.images.remove(tag)
                    removed.append(tag)
    return tuple(removed)
