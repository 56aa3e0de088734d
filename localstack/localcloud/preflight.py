"""What must be so before the local cloud starts."""

import json
import urllib.error
import urllib.request
from importlib.metadata import PackageNotFoundError, version

from localcloud.elb.listeners import bind

# Behaviour differs between MiniStack's releases, and the gateway stands on this one's.
MINISTACK = "1.5.33"


class CannotStartError(Exception):
    """The local cloud cannot start; the message says why and what to do."""


def check_version() -> None:
    """Raise CannotStartError unless exactly the MiniStack that this was made for is installed."""
    try:
        found = version("ministack")
    except PackageNotFoundError:
        found = "none"
    if found != MINISTACK:
        raise CannotStartError(
            f"MiniStack {MINISTACK} is needed, but {found} is installed.\n"
            f"Run `pip install ministack=={MINISTACK}` in this environment."
        )


def check_port(port: int) -> list[str]:
    """Return the addresses to serve on, or raise CannotStartError if the port is taken."""
    sockets = bind(port)
    if not sockets:
        raise CannotStartError(
            f"Port {port} is taken{_by_whom(port)}.\n"
            "Stop what listens there (`invoke cloud.down` if it is a local cloud), "
            "or choose another port with --port."
        )
    for bound in sockets:
        bound.close()
    return [f"127.0.0.1:{port}", f"[::1]:{port}"][: len(sockets)]


def _by_whom(port: int) -> str:
    for path, name in (
        ("_localcloud/status", "a local cloud"),
        ("_localstack/health", "LocalStack or MiniStack"),
    ):
        found = _ask(f"http://127.0.0.1:{port}/{path}")
        if found is not None:
            pid = f", process {found['pid']}" if "pid" in found else ""
            return f" by {name}{pid}"
    return ""


def _ask(url: str) -> dict[str, object] | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - loopback only
            found = json.load(response)
            return found if isinstance(found, dict) else None
    except (OSError, ValueError):
        return None
