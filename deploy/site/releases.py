"""Which releases are kept, which one a rollback returns to, what nobody needs any more. Pure.

A release's id says when it was made and what is in it, so a list of the manifests' keys is enough.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from deploy.config.model import Site
from deploy.errors import PreflightError
from deploy.site.manifest import Entry, Release, content_of, created_of

DAY = 86_400.0  # seconds


def kept(ids: Iterable[str], site: Site, live: str, now: float) -> frozenset[str]:
    """Return the releases to keep: `live`, the last `keep_releases`, and the young ones.

    `now` in Unix seconds. A release is young while it was live less than `keep_days` ago: a tab
    that was opened then still asks for its files.
    """
    ordered = sorted(ids)
    replaced = {older: created_of(newer) for older, newer in pairwise(ordered)}
    since = now - site.keep_days * DAY
    young = {release for release, at in replaced.items() if at > since}
    return frozenset({live, *ordered[-site.keep_releases :], *young})


def expired(ids: Iterable[str], site: Site, live: str, now: float) -> tuple[str, ...]:
    """Return the releases that `kept` leaves out, the oldest first."""
    known = sorted(ids)
    keep = kept(known, site, live, now)
    return tuple(release for release in known if release not in keep)


def rollback_target(ids: Iterable[str], live: Release, to: str | None = None) -> str:
    """Return the id of the release to return to.

    `ids` are those whose manifests are in the bucket. `to` is an id, its beginning, or its last 7
    characters. Without it: the newest before the live one's origin that has another content.
    Raises PreflightError naming the releases that are left, if there is none or no single one.
    """
    known = sorted(ids)
    found = _earlier(known, live) if to is None else _named(known, to)
    if not found:
        what = f"there is no release {to}" if to else f"there is no release before {live.origin}"
        raise PreflightError(what, remedy=_left(known, live))
    if to is not None and len({content_of(release) for release in found}) > 1:
        raise PreflightError(
            f"{to} is the beginning of {len(found)} releases: {', '.join(found)}",
            remedy="give more of its id to --to",
        )
    return found[-1]


def _earlier(known: list[str], live: Release) -> list[str]:
    content = content_of(live.id)
    return [name for name in known if name < live.origin and content_of(name) != content]


def _named(known: list[str], to: str) -> list[str]:
    if to in known:
        return [to]
    return [name for name in known if to and (name.startswith(to) or content_of(name) == to)]


def _left(known: list[str], live: Release) -> str:
    others = [name for name in reversed(known) if name != live.id]
    if not others:
        return f"only the live one, {live.id}, is left: deploy the commit that you want instead"
    return f"give one that is left to --to: {', '.join(others)}"


def prunable(dropped: Iterable[Entry], kept: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yield each (key, version) of `dropped` that no entry of `kept` has, once.

    `dropped` are the entries of all expired releases, `kept` of all kept ones; neither sorted.
    What is kept is remembered by 64-bit hashes: two alike would leave an object that nobody needs,
    and never take one away.
    """
    done = {hash((entry.file.key, entry.version)) for entry in kept}
    for entry in dropped:
        mark = hash((entry.file.key, entry.version))
        if mark not in done and entry.version:
            done.add(mark)
            yield entry.file.key, entry.version


def same_content(ids: Iterable[str], release: str) -> str:
    """Return the release of `ids` that is `release`, or the newest with its content; "" if none.

    The way back makes a new release of what was there before, and so the older one may be pruned.
    """
    known = sorted(ids)
    if release in known:
        return release
    alike = [name for name in known if release and content_of(name) == content_of(release)]
    return next(reversed(alike), "")
