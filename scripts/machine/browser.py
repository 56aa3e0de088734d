"""Chromium, which the tests drive: found, or installed from Debian's packages."""

import shutil

from deploy.errors import PreflightError
from deploy.process import output
from scripts.machine import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of this machine's Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def executable() -> str:
    """Return the path of this machine's Chromium or Chrome. Raises PreflightError without one."""
    found = find()
    if not found:
        raise PreflightError(
            "no Chromium or Chrome is installed, and the browser tests need one",
            remedy="run `scripts/setup --tests`, or install one that is on PATH",
        )
    return found


def prepare() -> str:
    """Make sure that a browser is there, and return what was found or done.

    Raises PreflightError with the remedy where only the user can install it.
    """
    found = find()
    if not found:
        debian.install("chromium", also=("fonts-liberation",))  # some fonts, whatever the page asks
    return f"{'found' if found else 'installed'}, {output((executable(), '--version')).strip()}"
