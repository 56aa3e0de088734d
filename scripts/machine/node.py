"""Node.js and npm, which build the site: found, or installed where Debian's are new enough."""

import re

from deploy.errors import PreflightError, ShipwayError
from deploy.process import output
from scripts.machine import debian

# What Vite 8 (`engines` in frontend/package.json) runs on: the least minor version of each major,
# and every major from NEWEST on. The odd ones in between are no longer maintained.
MINORS = {20: 19, 22: 12}
NEWEST = 24
ACCEPTED = "20.19, 22.12 or 24 and later"
INSTALL_GUIDE = "https://nodejs.org/en/download"


def prepare() -> str:
    """Make sure that Node.js and npm are there, and return what was found or done.

    Raises PreflightError where Node.js is too old, and where only the user can install it.
    """
    missing = tuple(tool for tool in ("node", "npm") if not version(tool))
    if "node" in missing:
        _install_node()
    elif missing:
        debian.install("npm")
    check(version("node"))
    done = "installed" if missing else "found"
    return f"{done}, {version('node')} with npm {version('npm')}"


def version(tool: str) -> str:
    """Return what `tool --version` says, such as v20.19.2, or an empty text without the tool."""
    try:
        return output((tool, "--version")).strip()
    except ShipwayError:
        return ""


def check(text: str) -> None:
    """Raise PreflightError if `text` is not the version of a Node.js that can build the site."""
    if not is_accepted(text):
        raise PreflightError(
            f"Node.js {text} is too old" if text else "Node.js does not start",
            remedy=f"install {ACCEPTED}: {INSTALL_GUIDE}",
        )


def is_accepted(text: str) -> bool:
    """Tell whether `text` (v20.19.2, or Debian's 20.19.2+dfsg-1) is a version that will do."""
    found = re.match(r"v?(\d+)\.(\d+)", text)
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return major >= NEWEST or minor >= MINORS.get(major, minor + 1)


def _install_node() -> None:
    if debian.can_install():
        debian.update()
        offered = debian.candidate("nodejs")
        if is_accepted(offered):
            debian.install("nodejs", "npm")
            return
        why = f"this release of Debian has {offered or 'none'}"
        message = f"Node.js is not installed, and {why}"
    else:
        message = "Node.js is not installed"
    raise PreflightError(message, remedy=f"install {ACCEPTED}: {INSTALL_GUIDE}")
