"""Where a local cloud keeps its pid and its log, and what it says of itself."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deploy.config.model import STATE

_ASK_SECONDS = 5.0
Kind = Literal["embedded", "localstack", "other"]


@dataclass(frozen=True)
class Home:
    """The files of the local cloud on `port` of the project in `root`."""

    root: Path
    port: int

    @property
    def folder(self) -> Path:
        return self.root / STATE / f"cloud-{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "localcloud.log"

    @property
    def pid_file(self) -> Path:
        return self.folder / "pid"

    def pid(self) -> int | None:
        """Return the process that was started from here, if it still runs."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if _is_local_cloud(pid, self.port) else None

    def tail(self, lines: int = 20) -> tuple[str, ...]:
        """Return the last lines of the log."""
        try:
            return tuple(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ()


def _is_local_cloud(pid: int, port: int) -> bool:
    """Whether `pid` is a local cloud on `port`: the number may have gone to another process."""
    with suppress(OSError):  # our own child, if it was started by this very process
        os.waitpid(pid, os.WNOHANG)
    words = _command(pid)
    return "localcloud" in words and str(port) in words


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return _command_by_ps(pid)


def _command_by_ps(pid: int) -> list[str]:
    """For systems without /proc."""
    try:
        argv = ("ps", "-o", "command=", "-p", str(pid))
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return []
    return done.stdout.split()


@dataclass(frozen=True)
class CloudStatus:
    """What answers on the port. `urls` maps a load balancer's name to where it listens, `sites`
    a distribution's id, `databases` an instance's identifier; one that is not available has its
    state instead.

    `kind` says what runs: "embedded" is the local cloud of this project, "other" something that
    is no local AWS. `pid` and `log` are None unless it was started from this project.
    """

    running: bool
    endpoint: str
    kind: Kind = "embedded"
    pid: int | None = None
    log: Path | None = None
    urls: tuple[tuple[str, str], ...] = ()
    containers: tuple[str, ...] = ()
    sites: tuple[tuple[str, str], ...] = ()
    databases: tuple[tuple[str, str], ...] = ()


def look(home: Home) -> CloudStatus:
    """Ask the port what it is."""
    endpoint = f"http://localhost:{home.port}"
    document = _get(home.port, "/_localcloud/status")
    if document is not None and "listeners" in document:
        return _parse(home, endpoint, document)
    pid = home.pid()
    if pid is not None and _listens(home.port):  # ours, and too busy to answer
        return CloudStatus(running=True, endpoint=endpoint, pid=pid, log=home.log)
    if _get(home.port, "/_localstack/health") is not None:
        return CloudStatus(running=True, endpoint=endpoint, kind="localstack")
    if _listens(home.port):
        return CloudStatus(running=True, endpoint=endpoint, kind="other")
    return CloudStatus(running=False, endpoint=endpoint)


def _parse(home: Home, endpoint: str, document: dict[str, Any]) -> CloudStatus:
    own = home.pid() == document["pid"]
    return CloudStatus(
        running=True,
        endpoint=endpoint,
        pid=document["pid"],
        log=home.log if own else None,
        urls=tuple((item["load_balancer"], item["url"]) for item in document["listeners"]),
        containers=tuple(item["name"] for item in document["containers"]),
        sites=tuple((item["id"], item["url"]) for item in document.get("distributions", ())),
        databases=tuple((item["id"], _place(item)) for item in document.get("databases", ())),
    )


def _place(item: dict[str, Any]) -> str:
    """Return a database's URL, which has no password, or why it can't be used."""
    if item["status"] == "available":
        return str(item["url"])
    return f"{item['status']}: {item['reason']}" if item["reason"] else str(item["status"])


def _get(port: int, path: str) -> dict[str, Any] | None:
    """Return the JSON object at `path`, or None if there is none."""
    # A proxy from the environment has no business on loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=_ASK_SECONDS) as reply:
            found = json.load(reply)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return found if isinstance(found, dict) else None


def _listens(port: int) -> bool:
    import socket

    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
