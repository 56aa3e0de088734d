"""What this machine must have, and which local cloud is its own. Joins image/ and cloud/."""

import os
import shutil
import socket
from contextlib import closing
from typing import Literal
from urllib.parse import urlsplit

from deploy.cloud.state import Home, look
from deploy.config.model import Config
from deploy.errors import ConfigError, PreflightError
from deploy.image import engine, tool

CONNECT_SECONDS = 1.0  # on this machine
HERE = ("localhost", "127.0.0.1")


def check_docker() -> str:
    """Return the Docker engine's version. Raises PreflightError if no engine answers."""
    with closing(engine.ping()) as client:
        return str(client.version()["Version"])


def check_buildkit() -> tuple[str, ...]:
    """Return the start of the command that builds with BuildKit.

    Raises PreflightError if no docker on PATH can.
    """
    return tool.choose(tool.clients_on(os.environ.get("PATH", os.defpath))).argv


def check_terraform() -> str:
    """Return where Terraform is. Raises PreflightError if it is not on PATH."""
    path = shutil.which("terraform")
    if not path:
        raise PreflightError(
            "terraform is not installed",
            remedy="install 1.11 or later: https://developer.hashicorp.com/terraform/install",
        )
    return path


def builders(config: Config) -> tuple[str, ...]:
    """Return the names of the tools that build the sites, such as npm."""
    commands = (argv for site in config.sites.values() for argv in (site.install, site.build))
    return tuple(sorted({argv[0] for argv in commands if argv}))


def check_builders(config: Config) -> None:
    """Raise PreflightError if a tool that builds a site is missing."""
    missing = [tool for tool in builders(config) if not shutil.which(tool)]
    if missing:
        raise PreflightError(
            f"{' and '.join(missing)} is not installed; a site is built with it",
            remedy="npm comes with Node.js 20 or later: https://nodejs.org/en/download",
        )


def check_port(config: Config, key: str, what: str) -> None:
    """Raise PreflightError if another program has the port that deploy.toml gives to `what`.

    Nothing is wrong with it while the local cloud of this endpoint runs.
    """
    if look(Home(config.root, gateway_port(config))).running:
        return
    port: int = getattr(config.environment, key)
    if listens(port):
        raise taken(config, key, what)


def taken(config: Config, key: str, what: str) -> PreflightError:
    """Return the error for a port of deploy.toml that another program listens on."""
    return PreflightError(
        f"port {getattr(config.environment, key)}, of the {what}, is taken by another program",
        remedy=f"stop it, or set another `{key}` in [environments.{config.environment.name}]",
    )


def port_user(config: Config, port: int) -> Literal["nobody", "ours", "another"]:
    """Return who listens on `port`; ours is what the local cloud says that it opened."""
    if not listens(port):
        return "nobody"
    status = look(Home(config.root, gateway_port(config)))
    opened = {urlsplit(url).port for _, url in (*status.urls, *status.sites, *status.databases)}
    ours = status.running and (status.kind == "localstack" or port in opened)
    return "ours" if ours else "another"


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(CONNECT_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def local_port(config: Config) -> int | None:
    """Return the port of the local cloud that the environment's endpoint is; None on AWS.

    This is the one place that tells them apart, for what AWS has no API for.
    """
    url = urlsplit(config.environment.endpoint or "")
    return url.port if url.hostname in HERE else None


def gateway_port(config: Config) -> int:
    """Return the port of the environment's endpoint. Raises ConfigError if it is not local."""
    port = local_port(config)
    if port is None:
        name = config.environment.name
        raise ConfigError(
            f"environments.{name}.endpoint is no local cloud's: {config.environment.endpoint}",
            remedy='the local cloud needs endpoint = "http://localhost:4566", or another port',
        )
    return port
