"""The containers of one local cloud: ours and MiniStack's."""

import contextlib
from typing import Any

import docker
import docker.errors
import requests.exceptions

from localcloud.reaper import remove_containers

_LABELS = ("shipway.cloud", "ministack.instance")
_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException)


def remove(instance: str) -> None:
    """Remove what an earlier local cloud on this port left behind, if a Docker engine answers."""
    with contextlib.suppress(*_ERRORS), contextlib.closing(docker.from_env()) as client:
        remove_containers(client, instance)


def shown(instance: str) -> list[dict[str, str]]:
    """Return name, image and state of each container, the stopped ones included.

    Without a Docker engine there are none to be seen.
    """
    found: list[dict[str, str]] = []
    with contextlib.suppress(*_ERRORS), contextlib.closing(docker.from_env()) as client:
        for label in _LABELS:
            wanted: dict[str, str | list[str] | bool] = {"label": f"{label}={instance}"}
            listed = client.containers.list(
                all=True, filters=wanted, ignore_removed=True, sparse=True
            )
            found += [_shown(item.attrs) for item in listed]
    return found


def _shown(listed: dict[str, Any]) -> dict[str, str]:
    name = str(listed["Names"][0]).removeprefix("/")
    return {"name": name, "image": str(listed["Image"]), "state": str(listed["State"])}
