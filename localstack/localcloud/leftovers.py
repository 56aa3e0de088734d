"""The containers of one local cloud: ours and MiniStack's."""

import contextlib
from typing import Any

import docker
import docker.errors
import requests.exceptions

_LABELS = ("shipway.cloud", "ministack.instance")
_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException)


def containers(instance: str) -> list[Any]:
    """Return docker-py's containers of the local cloud `instance`, the stopped ones included.

    None can be seen, and so none is returned, when the Docker engine does not answer.
    """
    with contextlib.suppress(*_ERRORS), contextlib.closing(docker.from_env()) as client:
        return [
            container
            for label in _LABELS
            for container in client.containers.list(
                all=True, filters={"label": f"{label}={instance}"}, ignore_removed=True
            )
        ]
    return []


def remove(instance: str) -> list[str]:
    """Remove every container of `instance` and return the names of those still left then."""
    for container in containers(instance):
        with contextlib.suppress(*_ERRORS):
            container.remove(force=True, v=True)
    return [str(container.name) for container in containers(instance)]


def shown(instance: str) -> list[dict[str, str]]:
    """Return name, image and state of each container, for the status document."""
    return [
        {
            "name": str(container.name),
            "image": str(container.attrs["Config"]["Image"]),
            "state": str(container.status),
        }
        for container in containers(instance)
    ]
