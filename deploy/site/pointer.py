"""`.shipway/live.json`: which release is live, and which run may change that. Pure.

It is changed by conditional PUTs only (compare-and-swap), so each function here takes what was
read and returns what to write in its place. On a 412 the caller reads again and asks again: all
functions may be repeated, and recognise what an earlier attempt of the same run has written.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["publishing", "invalidating", "live"]

LEASE = 60.0  # seconds that a claim holds without being renewed


@dataclass(frozen=True, slots=True)
class Run:
    """The run that holds the site: `id` is unique, `lease_until` in Unix seconds (0: let go)."""

    id: str
    by: str
    host: str
    lease_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Pointer:
    """`release` is the live one ("" before the first), `next` the one being published.

    `pending` are invalidation paths that were not confirmed yet; `pruned` is when objects were
    last taken away, in Unix seconds.
    """

    release: str = ""
    state: State = "live"
    next: str = ""
    pending: tuple[str, ...] = ()
    run: Run | None = None
    pruned: float = 0.0


def parse(data: bytes) -> Pointer:
    """Parse the pointer's JSON. Raises PreflightError if it is damaged or of a newer format."""
    raise NotImplementedError


def serialize(pointer: Pointer) -> bytes:
    raise NotImplementedError


def interrupted(pointer: Pointer | None) -> bool:
    """Say whether a run ended (or still is) amid publishing."""
    raise NotImplementedError


def holder(pointer: Pointer | None, now: float) -> Run | None:
    """Return the run that holds the site at `now` (Unix seconds), None if nobody does."""
    raise NotImplementedError


def claim(
    pointer: Pointer | None, run: Run, now: float, *, seen: Pointer | None, next_release: str
) -> Pointer | None:
    """Return the pointer with which `run` starts publishing, None if it is superseded.

    `pointer` is what is there now, `seen` what the plan was made from: if meanwhile another run
    published, pruned, or began to publish, the plan is void. Raises LockedError if another run
    holds the site.
    """
    raise NotImplementedError


def hold(pointer: Pointer, run: Run, now: float) -> Pointer:
    """Return the pointer with which `run` holds the site without publishing (to prune).

    Raises LockedError if another run holds it.
    """
    raise NotImplementedError


def due(pointer: Pointer, now: float) -> bool:
    """Say whether the lease should be renewed: a third of it has passed."""
    raise NotImplementedError


def renew(pointer: Pointer, run: Run, now: float) -> Pointer | None:
    """Return the pointer with the lease renewed, None if another run has taken the site over."""
    raise NotImplementedError


def published(pointer: Pointer, run: Run, release: str, paths: tuple[str, ...]) -> Pointer | None:
    """Return the pointer with which `release` is live and `paths` are to be invalidated.

    The site is let go: others may publish during the invalidation, and inherit its paths. None
    if another run has taken the site over: then nothing of this one is live.
    """
    raise NotImplementedError


def finished(pointer: Pointer, release: str) -> Pointer | None:
    """Return the pointer after its pending paths were invalidated.

    `release` is the live one when they were. None if another run has begun meanwhile: it inherited
    the paths and sees to them itself.
    """
    raise NotImplementedError


def released(pointer: Pointer, run: Run, *, pruned: float | None = None) -> Pointer | None:
    """Return the pointer with the site let go, None if it is not this run's any more.

    `pruned` (Unix seconds) is given if objects were taken away. After a claim that wrote nothing
    this returns to what was before it.
    """
    raise NotImplementedError
