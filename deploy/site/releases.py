"""Which releases are kept, which one a rollback returns to, what nobody needs any more. Pure.

A release's id says when it was made and what is in it, so a list of the manifests' keys is enough.
"""

from collections.abc import Iterable, Iterator

from deploy.config.model import Site
from deploy.site.manifest import Entry, Release


def kept(ids: Iterable[str], site: Site, live: str, now: float) -> frozenset[str]:
    """Return the releases to keep: `live`, the last `keep_releases`, and the young ones.

    `now` in Unix seconds. A release is young while it was live less than `keep_days` ago: a tab
    that was opened then still asks for its files.
    """
    raise NotImplementedError


def expired(ids: Iterable[str], site: Site, live: str, now: float) -> tuple[str, ...]:
    """Return the releases that `kept` leaves out, the oldest first."""
    raise NotImplementedError


def rollback_target(ids: Iterable[str], live: Release, to: str | None = None) -> str:
    """Return the id of the release to return to.

    `ids` are those whose manifests are in the bucket. `to` is an id, its beginning, or its last 7
    characters. Without it: the newest before the live one's origin that has another content.
    Raises PreflightError naming the releases that are left, if there is none or no single one.
    """
    raise NotImplementedError


def prunable(dropped: Iterable[Entry], kept: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yield each (key, version) of `dropped` that no entry of `kept` has, once.

    `dropped` are the entries of all expired releases, `kept` of all kept ones; neither sorted.
    """
    raise NotImplementedError
