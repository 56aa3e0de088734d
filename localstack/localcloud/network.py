"""The Docker network of one local cloud: its tasks and databases find each other by name on it.

https://docs.docker.com/engine/network/drivers/bridge/#differences-between-user-defined-bridges-and-the-default-bridge
"""

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

import docker.errors
from docker import DockerClient

from localcloud.settings import Settings

LABEL = "shipway.cloud"
# Docker allows two networks of one name, and a container could then join neither by it.
_making = threading.Lock()


def ensure(client: DockerClient, settings: Settings) -> None:
    """Have the network `settings.network` on the engine. Raises docker.errors.APIError."""
    with _making:
        if any(
            found.name == settings.network for found in client.networks.list([settings.network])
        ):
            return
        client.networks.create(
            settings.network,
            driver="bridge",
            check_duplicate=True,
            labels={LABEL: settings.instance},
        )


def remove(client: DockerClient, instance: str) -> None:
    """Remove the networks of the local cloud `instance`. One that is in use stays."""
    for network in client.networks.list(filters={"label": f"{LABEL}={instance}"}):
        with contextlib.suppress(docker.errors.APIError):
            network.remove()


def address(settings: Mapping[str, Any]) -> str:
    """Return the container's address from `NetworkSettings`, as inspection gives them.

    The one at the top is that on the default bridge only, and empty on any other network.
    """
    joined: Mapping[str, Mapping[str, Any]] = settings.get("Networks") or {}
    found = (str(network.get("IPAddress") or "") for network in joined.values())
    return next(filter(None, found), "")
