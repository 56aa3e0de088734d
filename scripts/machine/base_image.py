"""Official images: found, pulled, or built from Debian packages where no hub can be reached."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import PreflightError, ShipwayError
from deploy.process import output, run
from scripts.machine import debian
from scripts.machine.report import begin

PROBE_SECONDS = 20.0
PULL_SECONDS = 900.0
BUILD_SECONDS = 900.0


# The packages of Python's official slim images, by Debian's names.
PACKAGES = "ca-certificates,netbase,tzdata,python3,python3-venv,python3-pip,python-is-python3"
# The official images' pip installs without asking (https://peps.python.org/pep-0668/), so the
# stand-ins' has to as well.
_UNMARK = 'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED'


@dataclass(frozen=True)
class BaseImage:
    """An official image and what stands in for it: `packages` of Debian's `suite`.

    `variable` is the one by which the user names another image, `hooks` are mmdebstrap's
    --customize-hook, `changes` what `docker import` writes into the image's configuration.
    """

    official: str
    suite: str
    stand_in: str
    variable: str = "PYTHON_IMAGE"
    packages: str = PACKAGES
    hooks: tuple[str, ...] = (_UNMARK,)
    changes: tuple[str, ...] = ("ENV LANG=C.UTF-8", 'CMD ["python3"]')


BACKEND = BaseImage("python:3.12-slim", "bookworm", "shipway-standin/python:3.11-bookworm")
LOCALSTACK = BaseImage("python:3.13-slim", "trixie", "shipway-standin/python:3.13-trixie")


def prepare(base: BaseImage, chosen: str | None = None) -> tuple[str, str]:
    """Make sure that an image is on the engine.

    `chosen` is the image that the user names in place of `base`. Returns the image's name and what
    was done or found. Raises PreflightError if there is no way to get one.
    """
    if chosen and chosen != base.stand_in:
        return chosen, _fetch(base, chosen)
    for name in (base.stand_in,) if chosen else (base.official, base.stand_in):
        if exists(name):
            return name, f"found, {name}"
    if not chosen and pull(base.official):
        return base.official, f"pulled {base.official}"
    begin(f"{base.official} can't be pulled: building a stand-in from Debian's packages, a minute")
    build(base)
    return base.stand_in, f"{base.official} can't be pulled, built {base.stand_in} from packages"


def _fetch(base: BaseImage, image: str) -> str:
    if exists(image):
        return f"found, {image}"
    if pull(image):
        return f"pulled {image}"
    raise PreflightError(
        f"{base.variable} names {image}, which is not on this machine and can't be pulled",
        remedy=f"name another one, or remove {base.variable} from .env.local and the environment",
    )


def exists(image: str) -> bool:
    """Tell whether the engine has `image`."""
    try:
        output(("docker", "image", "inspect", "--format", "{{.Id}}", image))
    except ShipwayError:
        return False
    return True


def pull(image: str) -> bool:
    """Pull `image` and tell whether it came.

    A hub that says nothing for PROBE_SECONDS can't be reached; one that has begun to answer gets
    PULL_SECONDS, and keeps the layers that the first attempt brought.
    """
    said: list[str] = []
    for seconds in (PROBE_SECONDS, PULL_SECONDS):
        try:
            run(("docker", "pull", image), timeout=seconds, on_line=said.append)
        except ShipwayError:
            if not any("Pulling from" in line for line in said):
                return False
        else:
            return True
    return False


def bootstrap(base: BaseImage, tar: Path) -> tuple[str, ...]:
    """Return the argv that makes a Debian root file system with the packages as `tar`."""
    return (
        "mmdebstrap",
        "--variant=minbase",
        f"--include={base.packages}",
        *(f"--customize-hook={hook}" for hook in base.hooks),
        base.suite,
        str(tar),
    )


def build(base: BaseImage) -> None:
    """Build `base.stand_in`. Raises PreflightError without the tool, ToolError if it fails."""
    if not shutil.which("mmdebstrap"):
        _install_mmdebstrap(base)
    with tempfile.TemporaryDirectory() as folder:
        tar = Path(folder) / "root.tar"
        run(bootstrap(base, tar), timeout=BUILD_SECONDS)
        settings = (word for change in base.changes for word in ("--change", change))
        run(("docker", "import", *settings, str(tar), base.stand_in), timeout=BUILD_SECONDS)


def _install_mmdebstrap(base: BaseImage) -> None:
    if not debian.can_install():
        raise PreflightError(
            f"{base.official} can't be pulled, and this machine can't build a stand-in",
            remedy=f"load the image (`docker load`) or set {base.variable} to one that you have; "
            "on Debian, `sudo apt-get install mmdebstrap` and repeat as root",
        )
    debian.install("mmdebstrap")
