"""`.shipway/live.json`: which release is live, and which run may change that. Pure.

It is changed by conditional PUTs only (compare-and-swap), so each function here takes what was
read and returns what to write in its place. On a 412 the caller reads again and asks again: all
functions may be repeated, and recognise what an earlier attempt of the same run has written.

A claim is a lease, so a run that was killed blocks nobody for long. What a lease cannot do is stop
a request that is under way when it ends: a run must not begin a write that may outlast its lease.
"""

import json
from typing import Any, Literal, NamedTuple

from deploy.errors import LockedError, PreflightError
from deploy.site import invalidation
from deploy.values import as_json

State = Literal["publishing", "invalidating", "live"]

LEASE = 60.0  # seconds that a claim holds without being renewed
FORMAT = 1  # of the JSON; raised when an older Shipway cannot read it any more


class Run(NamedTuple):
    """The run that holds the site: `id` is unique, `lease_until` in Unix seconds (0: let go)."""

    id: str
    by: str
    host: str
    lease_until: float = 0.0


class Pointer(NamedTuple):
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
    try:
        fields: dict[str, Any] = json.loads(data)
        if fields.pop("format") != FORMAT:
            raise PreflightError(
                "this site was published by a newer Shipway",
                remedy="use that version, or a newer one",
            )
        run = Run(**fields["run"]) if fields["run"] else None
        return Pointer(**fields | {"pending": tuple(fields["pending"]), "run": run})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreflightError(
            f".shipway/live.json is damaged ({error})",
            remedy="bring back its version before, or delete it and deploy with --adopt",
        ) from error


def serialize(pointer: Pointer) -> bytes:
    """Return the JSON that `parse` takes."""
    return json.dumps({"format": FORMAT, **as_json(pointer)}, indent=1).encode() + b"\n"


def interrupted(pointer: Pointer | None) -> bool:
    """Say whether a run ended (or still is) amid publishing."""
    return pointer is not None and pointer.state == "publishing"


def holder(pointer: Pointer | None, now: float) -> Run | None:
    """Return the run that holds the site at `now` (Unix seconds), None if nobody does."""
    run = pointer.run if pointer else None
    return run if run and run.lease_until > now else None


def claim(
    pointer: Pointer | None, run: Run, now: float, *, seen: Pointer | None, next_release: str
) -> Pointer | None:
    """Return the pointer with which `run` starts publishing, None if it is superseded.

    `pointer` is what is there now, `seen` what the plan was made from: if meanwhile another run
    published, pruned, or began to publish, the plan is void. Raises LockedError if another run
    holds the site.
    """
    if not _is_ours(pointer, run):
        _refuse_held(pointer, run, now)
        if _basis(pointer) != _basis(seen):
            return None
    before = pointer or Pointer()
    return before._replace(state="publishing", next=next_release, run=_leased(run, now))


def hold(pointer: Pointer, run: Run, now: float) -> Pointer:
    """Return the pointer with which `run` holds the site without publishing (to prune).

    Raises LockedError if another run holds it.
    """
    _refuse_held(pointer, run, now)
    return pointer._replace(run=_leased(run, now))


def renew(pointer: Pointer, run: Run, now: float) -> Pointer | None:
    """Return the pointer with the lease renewed, None if another run has taken the site over."""
    return pointer._replace(run=_leased(run, now)) if _has_run(pointer, run) else None


def published(pointer: Pointer, run: Run, release: str, paths: tuple[str, ...]) -> Pointer | None:
    """Return the pointer with which `release` is live and `paths` are to be invalidated.

    The site is let go: others may publish during the invalidation, and inherit its paths. None
    if another run has taken the site over: then nothing of this one is live.
    """
    if pointer.release == release:
        return pointer  # the reply to an earlier attempt was lost
    if not _is_ours(pointer, run):
        return None
    pending = invalidation.joined(pointer.pending, paths)
    state: State = "invalidating" if pending else "live"
    let_go = run._replace(lease_until=0.0)
    return pointer._replace(release=release, state=state, next="", pending=pending, run=let_go)


def finished(pointer: Pointer, release: str) -> Pointer | None:
    """Return the pointer after its pending paths were invalidated.

    `release` is the live one when they were. None if another run has begun meanwhile: it inherited
    the paths and sees to them itself.
    """
    if pointer.release != release or pointer.state == "publishing":
        return None
    return pointer._replace(state="live", pending=())


def released(pointer: Pointer, run: Run, *, pruned: float | None = None) -> Pointer | None:
    """Return the pointer with the site let go, None if it is not this run's any more.

    `pruned` (Unix seconds) is given if objects were taken away. The state stays: after a claim it
    tells the next run that this one ended amid publishing.
    """
    if not _has_run(pointer, run):
        return None
    at = pointer.pruned if pruned is None else pruned
    return pointer._replace(run=run._replace(lease_until=0.0), pruned=at)


def _leased(run: Run, now: float) -> Run:
    return run._replace(lease_until=now + LEASE)


def _has_run(pointer: Pointer | None, run: Run) -> bool:
    return pointer is not None and pointer.run is not None and pointer.run.id == run.id


def _is_ours(pointer: Pointer | None, run: Run) -> bool:
    return interrupted(pointer) and _has_run(pointer, run)


def _basis(pointer: Pointer | None) -> tuple[str, float, str]:
    """What a plan hangs on: the live release, what was taken away, and who else was writing."""
    if pointer is None:
        return "", 0.0, ""
    writing = pointer.run.id if pointer.run and pointer.state == "publishing" else ""
    return pointer.release, pointer.pruned, writing


def _refuse_held(pointer: Pointer | None, run: Run, now: float) -> None:
    held = holder(pointer, now)
    if held is None or held.id == run.id:
        return
    raise LockedError(
        f"{held.by} on {held.host} is publishing this site",
        remedy=f"run this again when that has ended; if it was killed, its claim ends in "
        f"{held.lease_until - now:.0f} s",
    )
