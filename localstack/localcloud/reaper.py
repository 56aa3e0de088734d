"""Removes a local cloud's containers, whatever became of the local cloud.

The server starts `python -m localcloud.reaper <instance>` with a pipe as its standard input and
never writes to it. When the server ends, be it by kill -9, the pipe reaches its end and the
reaper removes every container, volume and network with the server's label, and makes sure.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

import docker
import docker.errors
from docker import DockerClient
from docker.models.containers import Container

from localcloud import network
from localcloud.network import LABEL

# MiniStack labels the containers that it starts by itself (databases) alike.
_LABELS = (LABEL, "ministack.instance")
_ROUNDS = 20
_PAUSE = 0.5


def _found(client: DockerClient, instance: str) -> Iterator[Container]:
    for label in _LABELS:
        yield from client.containers.list(
            all=True, filters={"label": f"{label}={instance}"}, ignore_removed=True
        )


def remove_containers(client: DockerClient, instance: str) -> int:
    """Remove all containers, volumes and networks of `instance`; return how many containers.

    Looks again until there are none, because a dying server may still have started one. Raises
    docker.errors.APIError if some cannot be removed.
    """
    removed: set[str] = set()
    for _ in range(_ROUNDS):
        found = list(_found(client, instance))
        if not found:
            break
        for container in found:
            removed.add(str(container.id))
            with contextlib.suppress(docker.errors.NotFound):
                _remove(container)
    for volume in client.volumes.list(filters={"label": f"{LABEL}={instance}"}):
        with contextlib.suppress(docker.errors.NotFound):
            volume.remove(force=True)
    network.remove(client, instance)
    return len(removed)


def _remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError as error:
        # 409: somebody else is removing it at this moment; the next round will see.
        if error.status_code != 409:  # noqa: PLR2004
            raise
        time.sleep(_PAUSE)


def start(instance: str) -> "subprocess.Popen[bytes]":
    """Start the reaper of this process; keep the result, whose stdin is the pipe it watches."""
    return subprocess.Popen(
        (sys.executable, "-m", "localcloud.reaper", instance),
        stdin=subprocess.PIPE,
        # A Ctrl-C in the terminal is for the server; the reaper must outlive it.
        start_new_session=True,
    )


def main(instance: str) -> int:
    """Wait for the end of standard input, then remove; return the exit code."""
    while sys.stdin.buffer.read(4096):
        pass
    try:
        remove_containers(docker.from_env(), instance)
    except docker.errors.DockerException as error:
        print(f"reaper: {error}", file=sys.stderr)  # noqa: T201 - its log is the server's
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
