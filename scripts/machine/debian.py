"""Debian packages: whether this machine can install them, and installing them."""

import os
import shutil
from pathlib import Path

from deploy.errors import PreflightError, ShipwayError
from deploy.process import output, run
from scripts.machine.report import begin

OS_RELEASE = Path("/etc/os-release")
INSTALL_SECONDS = 900.0
LOCK_SECONDS = 120  # a machine that has just booted may be upgrading itself


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


def known(*packages: str) -> tuple[str, ...]:
    """Return those of `packages` that this release has, by the lists of the last `update`."""
    return tuple(name for name in packages if _shown(name))


def _shown(package: str) -> bool:
    try:
        return "Package:" in output(("apt-cache", "show", "--no-all-versions", package))
    except ShipwayError:
        return False


def candidate(package: str) -> str:
    """Return the version of `package` that `install` would take, or an empty text."""
    try:
        text = output(("apt-cache", "show", "--no-all-versions", package))
    except ShipwayError:
        return ""
    return next((line[9:] for line in text.splitlines() if line.startswith("Version: ")), "")


def update() -> None:
    """Fetch the package lists."""
    run(("apt-get", "update", "-q"), timeout=INSTALL_SECONDS)


def install(*packages: str, also: tuple[str, ...] = ()) -> None:
    """Install `packages`, and those of `also` that this release has, without recommendations.

    Raises PreflightError where only the user can do it, ToolError where apt-get fails.
    """
    if not can_install():
        raise PreflightError(
            f"{' and '.join(packages)} must be installed",
            remedy=f"on Debian or Ubuntu: sudo apt-get install {' '.join(packages)}",
        )
    begin(f"installing {' and '.join(packages)}")
    update()
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    options = ("-y", "-q", "--no-install-recommends", f"-oDPkg::Lock::Timeout={LOCK_SECONDS}")
    argv = ("apt-get", "install", *options, *packages, *known(*also))
    run(argv, env=quiet, timeout=INSTALL_SECONDS)
