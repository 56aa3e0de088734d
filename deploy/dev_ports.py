"""Which ports `invoke dev` takes on this machine, and by whose name one that is taken is told."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deploy.compose import containers, ports
from deploy.compose.stack import DATABASE_PORT, variable
from deploy.config.model import Config
from deploy.errors import ConfigError, PreflightError
from deploy.machine import listens, local_port, port_user

if TYPE_CHECKING:
    from docker import DockerClient

DATABASE = variable("database", "PORT")
LARGEST = 65_535
LOAD_BALANCER = "the local cloud's load balancer"


def ports_of(
    config: Config, known: Mapping[str, str], port: int = 0, database_port: int = 0
) -> dict[str, int]:
    """Return the port for each of compose.yaml's variables: as given, else as `known`, else as
    deploy.toml has it. `port` is the first service's. Raises ConfigError for one that is none.
    """
    wanted = {variable(name, "PORT"): each.port for name, each in config.services.items()}
    wanted[DATABASE] = DATABASE_PORT
    found = {key: number(key, known.get(key, "")) or default for key, default in wanted.items()}
    asked = {next(iter(wanted)): port, DATABASE: database_port}
    return found | {key: value for key, value in asked.items() if value}


def number(name: str, text: str) -> int:
    """Return the port that `name` was given, 0 for "". Raises ConfigError for one that is none."""
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text) <= LARGEST):
        raise ConfigError(f"{name}={text} is no port", remedy=f"such as {name}=8001")
    return int(text or 0)


def refuse_taken(config: Config, wanted: Mapping[str, int], client: "DockerClient") -> None:
    """Raise PreflightError, with its owner's name, for a port that something listens on."""
    for key, port in wanted.items():
        if listens(port):
            option = "--database-port" if key == DATABASE else "--port"
            raise taken(port, option, owner(config, port, client))


def taken(port: int, option: str, who: str) -> PreflightError:
    """Return the error for a port that somebody else has, "" for who is not known."""
    remedy = f"`invoke dev {option} {port + 1}`, or another that is free"
    if who == LOAD_BALANCER:
        remedy += "; or stop the local cloud: `invoke cloud.down`"
    return PreflightError(f"port {port} is taken by {who or 'another program'}", remedy=remedy)


def owner(config: Config, port: int, client: "DockerClient") -> str:
    """Return by whom a port is taken: the local cloud, a container, a program; "" if unknown."""
    if local_port(config) is not None and port_user(config, port) == "ours":
        return LOAD_BALANCER
    return containers.publisher(client, port) or ports.listener(port)
