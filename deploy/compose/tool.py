"""Which Compose this machine has: Docker's plugin, or the older program of its own."""

import re
from collections.abc import Callable, Iterable

from deploy import process
from deploy.errors import PreflightError, ShipwayError

Version = tuple[int, int]

CANDIDATES = (("docker", "compose"), ("docker-compose",))
# The first that waits for `service_completed_successfully`:
# https://github.com/docker/compose/releases/tag/1.29.0
OLDEST: Version = (1, 29)
ANSWER_SECONDS = 20.0  # docker-compose 1.29 is a Python program of many imports
REMEDY = (
    "install Docker's Compose plugin: https://docs.docker.com/compose/install/ "
    "(packages docker-compose-plugin, docker-compose-v2, or docker-compose on Debian 12)"
)


def choose(answers: Iterable[tuple[tuple[str, ...], str]]) -> tuple[str, ...]:
    """Return the start of every command: the first that can do what compose.yaml asks for.

    `answers` are commands and what each replied to `version --short`, "" for none. Raises
    PreflightError if none will do.
    """
    found: list[str] = []
    for argv, text in answers:
        version = parse_version(text)
        if version and version >= OLDEST:
            return argv
        found += [f"{' '.join(argv)}: version {text.strip()} is too old"] * bool(version)
    raise PreflightError("there is no Docker Compose", details=found, remedy=REMEDY)


def parse_version(text: str) -> Version | None:
    """Read "2.40.0", "v2.40.0" or "1.29.2"; None if it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)", text.strip())
    return (int(found[1]), int(found[2])) if found else None


def find(ask: Callable[[tuple[str, ...]], str] | None = None) -> tuple[str, ...]:
    """Return the start of the command that runs Compose here. Raises as `choose` does."""
    asked = ask or _asked
    return choose((argv, asked(argv)) for argv in CANDIDATES)


def _asked(argv: tuple[str, ...]) -> str:
    try:
        return process.output((*argv, "version", "--short"), timeout=ANSWER_SECONDS)
    except ShipwayError:
        return ""
