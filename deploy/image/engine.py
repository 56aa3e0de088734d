"""The Docker engine: whether it answers, and what to do if it does not."""

import os
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from deploy.errors import PreflightError

if TYPE_CHECKING:
    from docker import DockerClient

ANSWER_SECONDS = 2.0  # an engine on this machine answers a ping in milliseconds
CALL_SECONDS = 300.0  # the longest silence within a push


def connect() -> "DockerClient":
    """Return a client of the engine that the `docker` command uses (DOCKER_HOST, context).

    Raises what docker-py raises; `ping` makes that a PreflightError.
    """
    import docker

    return docker.from_env(timeout=int(ANSWER_SECONDS))


def ping(docker_factory: Callable[[], "DockerClient"] = connect) -> "DockerClient":
    """Return a client of an engine that answered within some 2 seconds.

    Raises PreflightError with the remedy for this machine if it does not.
    """
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        client = docker_factory()
        client.ping()
    except (DockerException, RequestException, OSError) as error:
        raise silent(
            str(error),
            sys.platform,
            installed=bool(shutil.which("docker")),
            host=os.environ.get("DOCKER_HOST", ""),
        ) from error
    client.api.timeout = int(CALL_SECONDS)
    return client


def silent(cause: str, platform: str, *, installed: bool, host: str = "") -> PreflightError:
    """Return the error for an engine that does not answer.

    `platform` is Python's `sys.platform`, `host` the value of DOCKER_HOST.
    """
    if "permission denied" in cause.lower():
        remedy = "add yourself to the group `docker` and log in again"
    elif host:
        remedy = f"see that DOCKER_HOST ({host}) is right, and that an engine listens there"
    elif platform in {"darwin", "win32"}:
        verb = "start" if installed else "install and start"
        remedy = f"{verb} Docker Desktop, then deploy again"
    elif installed:
        remedy = "start the engine (`sudo systemctl start docker`, or `scripts/quickstart`)"
    else:
        remedy = "install Docker: `scripts/quickstart` does it on Debian and Ubuntu"
    return PreflightError("Docker does not answer", details=(cause,), remedy=remedy)
