"""`python -m scripts.contract`: write the site's types from the backend's OpenAPI description.

With `--check` nothing is written, and the exit code is 1 if they are not what they would become.
"""

import os
import sys
import tempfile
from pathlib import Path

from deploy.errors import ToolError
from deploy.process import run
from scripts.machine import certificates, npm
from scripts.machine.report import attempt

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
TYPES = ROOT / "frontend/src/api/contract.d.ts"
# What has a default is left out of a request if one likes, so it is no `--default-non-nullable`.
STYLE = ("--immutable", "--default-non-nullable=false")
SECONDS = 120.0


def write(folder: Path) -> str:
    """Generate the types, with what is needed on the way in `folder`, and return what was done.

    Raises ToolError if the backend has no description, or the generator fails.
    """
    fresh = generated(folder)
    if TYPES.is_file() and TYPES.read_text() == fresh:
        return "as the backend's OpenAPI says"
    TYPES.write_text(fresh)
    return f"written to {TYPES.relative_to(ROOT)}"


def check(folder: Path) -> str:
    """As write, but raises ToolError where it would have written."""
    if TYPES.is_file() and TYPES.read_text() == generated(folder):
        return "as the backend's OpenAPI says"
    raise ToolError(
        f"{TYPES.relative_to(ROOT)} is not what the backend's OpenAPI says",
        remedy="run `python -m scripts.contract`, and commit what it writes",
    )


def generated(folder: Path) -> str:
    """The types of the API that the backend's code describes."""
    description, types = folder / "openapi.json", folder / "contract.d.ts"
    lines: list[str] = []
    run((sys.executable, "-m", "app.openapi"), cwd=ROOT / "backend", on_line=lines.append)
    description.write_text("\n".join(lines))
    npm.install(HERE, certificates.for_tools(certificates.bundle(os.environ)))
    generator = ("npx", "--no", "openapi-typescript", str(description), "-o", str(types), *STYLE)
    run(generator, cwd=HERE, timeout=SECONDS)
    return types.read_text()


def main() -> int:
    act = check if "--check" in sys.argv[1:] else write
    with tempfile.TemporaryDirectory() as folder:
        return attempt("contract", lambda: act(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
