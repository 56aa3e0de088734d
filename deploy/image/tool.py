"""Which `docker` on this machine builds with BuildKit.

buildx, a plugin, always does. Before version 23 the client had BuildKit built in
(DOCKER_BUILDKIT=1); since then it needs buildx (https://docs.docker.com/engine/release-notes/23.0/)
and without it falls back to the old builder, which knows neither secrets nor cache mounts.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.errors import PreflightError

Version = tuple[int, int]

BUILT_IN: tuple[Version, Version] = ((18, 9), (23, 0))  # from, and before
ATTESTS: Version = (0, 10)  # the first buildx that knows --provenance
ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Client:
    """A `docker` on PATH. `version` is None if it is another program of that name (podman)."""

    path: str
    version: Version | None
    buildx: Version | None = None


@dataclass(frozen=True)
class BuildTool:
    """`argv` starts every build; `environment` is added to the process's own."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    buildx: Version | None = None


def choose(clients: Sequence[Client]) -> BuildTool:
    """Pick among the clients in the order of PATH: the first with buildx, else with BuildKit.

    Raises PreflightError if none has either.
    """
    for client in clients:
        if client.buildx:
            return BuildTool((client.path, "buildx", "build"), buildx=client.buildx)
    for client in clients:
        if client.version and BUILT_IN[0] <= client.version < BUILT_IN[1]:
            return BuildTool((client.path, "build"), {"DOCKER_BUILDKIT": "1"})
    raise PreflightError(
        "no docker on PATH can build with BuildKit",
        details=[_described(client) for client in clients] or ["there is no docker on PATH"],
        remedy="install Docker's buildx plugin (package docker-buildx-plugin or docker-buildx)",
    )


def _described(client: Client) -> str:
    if client.version is None:
        return f"{client.path}: not Docker's client"
    return f"{client.path}: version {client.version[0]}.{client.version[1]}, without buildx"


def parse_version(text: str) -> Version | None:
    """Read `docker --version` or `docker buildx version`; None if it is neither's reply."""
    found = re.match(r"(?:Docker version |github\.com/docker/buildx v?)(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def clients_on(path: str) -> tuple[Client, ...]:
    """Ask every `docker` in the folders of `path` (PATH's value) for its version, in order."""
    found: dict[Path, Path] = {}
    for folder in path.split(os.pathsep):
        for name in (Path(folder, "docker"), Path(folder, "docker.exe")):
            if folder and name.is_file() and os.access(name, os.X_OK):
                found.setdefault(name.resolve(), name)
    return tuple(_asked(name) for name in found.values())


def _asked(path: Path) -> Client:
    version = parse_version(_said(str(path), "--version"))
    buildx = parse_version(_said(str(path), "buildx", "version")) if version else None
    return Client(str(path), version, buildx)


def _said(*argv: str) -> str:
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
