"""`python -m scripts.machine.npm FOLDER`: the npm packages that FOLDER/package-lock.json names."""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.process import run
from scripts.machine import certificates
from scripts.machine.report import attempt

INSTALL_SECONDS = 900.0
COMMAND = ("npm", "ci")


def install(folder: Path, trust: Mapping[str, str]) -> str:
    """Bring `folder`/node_modules to what the lock says, and return what was done or found.

    `trust` is added to npm's environment. Raises ToolError if npm is missing or fails.
    """
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".lock-sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return f"found, as {lock.name} says"
    run(COMMAND, cwd=folder, env=trust, timeout=INSTALL_SECONDS)  # removes the old ones, and stamp
    stamp.parent.mkdir(exist_ok=True)  # a lock without packages makes none
    stamp.write_text(wanted)
    return f"installed from {lock.name}"


def main() -> int:
    trust = certificates.for_tools(certificates.bundle(os.environ))
    return attempt("npm packages", lambda: install(Path(sys.argv[1]), trust))


if __name__ == "__main__":
    sys.exit(main())
