"""Terraform: found, or named with where to get it."""

import re
from collections.abc import Iterable

from deploy.errors import PreflightError, ShipwayError
from deploy.process import run

OLDEST = (1, 11)  # the first with S3 state locking (`use_lockfile`) that is not experimental
INSTALL_GUIDE = "https://developer.hashicorp.com/terraform/install"


def prepare() -> str:
    """Return what was found. Raises PreflightError if Terraform is missing or too old."""
    lines: list[str] = []
    offline = {"CHECKPOINT_DISABLE": "1"}  # `version` would ask for updates
    try:
        run(("terraform", "version"), env=offline, timeout=30.0, on_line=lines.append)
    except ShipwayError as error:
        raise _lacking("Terraform is not installed") from error
    return f"found, {check(lines)}"


def check(lines: Iterable[str]) -> str:
    """Return the version in what `terraform version` prints, such as 1.11.4.

    Raises PreflightError if there is none, or if it is older than OLDEST.
    """
    found = re.search(r"^Terraform v((\d+)\.(\d+)\S*)", "\n".join(lines), re.MULTILINE)
    if not found:
        raise _lacking("`terraform version` does not say its version")
    if (int(found[2]), int(found[3])) < OLDEST:
        raise _lacking(f"Terraform {found[1]} is too old")
    return found[1]


def _lacking(message: str) -> PreflightError:
    oldest = ".".join(map(str, OLDEST))
    return PreflightError(message, remedy=f"install {oldest} or later: {INSTALL_GUIDE}")
