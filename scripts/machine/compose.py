"""Docker Compose, which the tests of `invoke dev` need: found, or installed by Debian's package."""

from deploy.compose import tool
from deploy.errors import PreflightError
from deploy.process import output
from scripts.machine import debian

PACKAGES = ("docker-compose-v2", "docker-compose")  # Ubuntu's plugin, Debian's of any version


def prepare() -> str:
    """Make sure that Compose is there, and return what was found or done.

    Raises PreflightError with the remedy where only the user can install it.
    """
    try:
        return f"found, {_version()}"
    except PreflightError:
        debian.install(_package())
    return f"installed, {_version()}"


def _package() -> str:
    """Return the package of this release that has it; the last one is in all of them."""
    return next(iter(debian.known(*PACKAGES)), PACKAGES[-1])


def _version() -> str:
    argv = tool.find()
    return f"{' '.join(argv)} {output((*argv, 'version', '--short')).strip()}"
