"""How Compose is called for this project, as data. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE = "compose.yaml"
PROJECT = "COMPOSE_PROJECT_NAME"
DATABASE_PORT = 5433  # on this machine: 5432 often has a PostgreSQL of its own


@dataclass(frozen=True)
class Stack:
    """`argv` starts every command, in the folder `root`, with `environment` added."""

    argv: tuple[str, ...]
    root: Path
    project: str
    environment: Mapping[str, str] = field(default_factory=dict)
    as_shipped: bool = False  # without compose.override.yaml

    def up(self) -> tuple[str, ...]:
        """Return the command that starts everything and returns when it has been started."""
        return self._command("up", "--detach", "--no-build", "--remove-orphans")

    def down(self, *, data: bool = False, at_once: bool = False) -> tuple[str, ...]:
        """Return the command that stops and removes all containers, and with `data` the volumes.

        Each has the time that its stop_grace_period gives it, `at_once` none.
        """
        options = ["--volumes"] * data + ["--timeout", "0"] * at_once
        return self._command("down", "--remove-orphans", *options)

    def _command(self, *words: str) -> tuple[str, ...]:
        files = ("--file", FILE) if self.as_shipped else ()
        return (*self.argv, *files, "--project-name", self.project, *words)


def project_name(root: Path, variables: Mapping[str, str]) -> str:
    """Return the name that Compose gives to the project in `root`, so that both mean the same one.

    https://docs.docker.com/compose/how-tos/project-name/
    """
    given = variables.get(PROJECT, "")
    return given or re.sub(r"[^-_a-z0-9]", "", root.name.lower()).lstrip("-_") or "default"


def variable(service: str, what: str) -> str:
    """Return the name of compose.yaml's variable for a service's PORT or IMAGE."""
    return f"{re.sub(r'[^A-Z0-9]', '_', service.upper())}_{what}"
