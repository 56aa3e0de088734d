"""What the containers of `invoke dev` say, shown as `invoke logs` shows it."""

import sys
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, TextIO

from deploy.compose import containers
from deploy.compose.containers import Ended, Said
from deploy.config.model import Config
from deploy.errors import ToolError
from deploy.logs import shown
from deploy.service.loglines import Line

if TYPE_CHECKING:
    from docker.models.containers import Container

ANSWER_SECONDS = 2.0


def show(
    told: Iterable[Said | Ended],
    services: Collection[str],
    *,
    as_json: bool = False,
    stream: TextIO | None = None,
) -> None:
    """Show each line as it comes. What ends with an error is told; of `services`, each end is one.

    Raises ToolError if one of `services` has ended: what is developed no longer runs.
    """
    stream = stream or sys.stdout
    line = shown(stream, as_json=as_json, at_once=True)
    for each in told:
        if isinstance(each, Said):
            line(Line(each.at, each.service, each.container, each.text, ""))
        elif each.service in services:
            raise ToolError(each.told, remedy="its last lines tell why; run `invoke dev` again")
        elif each.code:
            remedy = f"`docker compose start {each.service}` starts it again"
            sys.stderr.write(f"! {each.told}; {remedy}\n")


def addresses(config: Config, there: list["Container"]) -> dict[str, str]:
    """Return where the services and their database answer on this machine, by name."""
    ports = containers.published(there)
    found: dict[str, str] = {}
    for name, service in config.services.items():
        if port := ports.get((name, service.port)):
            found |= {name: f"http://localhost:{port}", "docs": f"http://localhost:{port}/docs"}
    values = (value for each in there for value in containers.variables(each).values())
    database = next(filter(None, (containers.from_here(value, ports) for value in values)), "")
    return found | ({"database": database} if database else {})


def answers(url: str) -> bool:
    """Return whether a GET is answered with a success, without a proxy in between."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_SECONDS):
            return True
    except (OSError, urllib.error.URLError, ValueError):
        return False
