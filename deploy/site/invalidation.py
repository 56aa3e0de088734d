"""Which paths CloudFront is told to forget. Pure."""

from collections.abc import Iterable

MAX_WILDCARDS = 15
MAX_PATHS = 3000


def paths(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the paths to invalidate for these keys, sorted, collapsed to wildcards where it pays.

    `index.html` of a folder also is the folder: `docs/index.html` is `/docs/` too.
    """
    raise NotImplementedError


def joined(*parts: Iterable[str]) -> tuple[str, ...]:
    """Return one list of paths that covers all of `parts`, within CloudFront's limits.

    The parts are paths as `paths` returns them, with wildcards.
    """
    raise NotImplementedError
