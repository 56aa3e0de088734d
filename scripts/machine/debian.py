"""Debian packages: whether this machine can install them, and installing them."""

import os
import shutil
from pathlib import Path

from deploy.errors import PreflightError
from deploy.process import run

OS_RELEASE = Path("/etc/os-release")
INSTALL_SECONDS = 900.0


def is_debian(os_release: str) -> bool:
    """Tell from the text of /etc/os-release whether this is Debian or made from it (Ubuntu).

    Keys as in https://www.freedesktop.org/software/systemd/man/os-release.html
    """
    pairs = (line.partition("=") for line in os_release.splitlines())
    families = [value.strip("\"'") for key, _, value in pairs if key in ("ID", "ID_LIKE")]
    return "debian" in " ".join(families).split()


def can_install() -> bool:
    """Tell whether `install` would work here: Debian or Ubuntu, and we are root."""
    text = OS_RELEASE.read_text() if OS_RELEASE.exists() else ""
    return os.geteuid() == 0 and is_debian(text) and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install `packages` without their recommendations.

    Raises PreflightError where only the user can do it, ToolError where apt-get fails.
    """
    if not can_install():
        raise PreflightError(
            f"{' and '.join(packages)} must be installed",
            remedy=f"on Debian or Ubuntu: sudo apt-get install {' '.join(packages)}",
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(("apt-get", "update", "-q"), env=quiet, timeout=INSTALL_SECONDS)
    argv = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)
    run(argv, env=quiet, timeout=INSTALL_SECONDS)
