"""The virtual environment in .venv, from the lock file with hashes."""

import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.errors import ShipwayError
from deploy.process import run
from scripts.machine import debian
from scripts.machine.report import begin

LOCK = Path("requirements/dev.txt")
INSTALL_SECONDS = 1800.0


@dataclass(frozen=True)
class Installer:
    """How to make a virtual environment: `uv` is its path, or None for pip and venv."""

    uv: str | None
    python: str = sys.executable

    def create(self, venv: Path) -> tuple[str, ...]:
        if self.uv:
            return (self.uv, "venv", "--quiet", "--clear", "--python", self.python, str(venv))
        return (self.python, "-m", "venv", "--clear", str(venv))

    def install(self, venv: Path, lock: Path) -> tuple[str, ...]:
        python = str(venv / "bin" / "python")
        locked = ("--quiet", "--require-hashes", "-r", str(lock))
        if self.uv:
            return (self.uv, "pip", "install", "--python", python, *locked)
        return (python, "-m", "pip", "install", "--disable-pip-version-check", *locked)


def prepare(root: Path, trust: Mapping[str, str]) -> str:
    """Bring `root`/.venv to what the lock says, and return what was done or found.

    `trust` is added to the installer's environment. Raises ToolError if it fails.
    """
    venv, lock = root / ".venv", root / LOCK
    stamp, wanted = venv / ".lock-sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
    works = _works(venv)
    if works and stamp.is_file() and stamp.read_text() == wanted:
        return f"found, as {LOCK} says"
    installer = Installer(shutil.which("uv"))
    begin(f"installing the packages of {LOCK}, up to a minute")
    if not works:
        _create(installer, venv)
    run(installer.install(venv, lock), env=trust, timeout=INSTALL_SECONDS)
    stamp.write_text(wanted)
    return f"{'updated' if works else 'created'} from {LOCK} with {'uv' if installer.uv else 'pip'}"


def _works(venv: Path) -> bool:
    """Tell whether `venv` has a Python that starts: it may have moved, or lost its base."""
    try:
        run(
            (str(venv / "bin" / "python"), "-c", "import sys; sys.exit(sys.version_info < (3, 11))")
        )
    except ShipwayError:
        return False
    return True


def _create(installer: Installer, venv: Path) -> None:
    if not installer.uv and find_spec("ensurepip") is None:  # Debian ships it apart
        debian.install(f"python3.{sys.version_info.minor}-venv")
    run(installer.create(venv))
