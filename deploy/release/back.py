"""Which release to return to, and what ran under it. Pure.

A release may be of one half only: what the other half ran then is told by older records. What runs
now is given by those who asked ECS and the sites, as the records may not know of a change by hand.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from deploy.errors import PreflightError
from deploy.outcome import Outcome
from deploy.release.history import Live, Part, content, live, of_commit
from deploy.release.record import Record
from deploy.release.shown import part_name

Running = Mapping[Part, str]  # what each part runs: an ARN, a site's release; "" if unknown

SUCCEEDED = Outcome.SUCCEEDED.label
DEPLOY_INSTEAD = "none is left: deploy the commit that you want instead"
NAMED = 5  # releases that a remedy names
NEVER = "~"  # is after every release's id


def running(state: Live) -> dict[Part, str]:
    """Return what runs, by part."""
    services: dict[Part, str] = {("service", name): arn for name, arn in state.services.items()}
    return services | {("site", name): release for name, release in state.sites.items()}


def under(records: Sequence[Record], release: str) -> dict[Part, str]:
    """Return what ran once `release` was done, by its record and older ones.

    `records` are given newest first. A part that none of them tells of is left out.
    """
    return running(live(record for record in records if record.id <= release))


def same(part: Part, one: str, other: str) -> bool:
    """Say whether both are the same to a visitor: a site's way back has a new id for old content.

    What is unknown is like nothing.
    """
    if part[0] == "site":
        return content(one) == content(other) != ""
    return one == other != ""


def differing(now: Running, then: Running) -> dict[Part, str]:
    """Return what the parts of `now` are to run, for those that ran something else `then`."""
    return {
        part: then[part]
        for part, runs in now.items()
        if part in then and not same(part, runs, then[part])
    }


def choose(records: Sequence[Record], now: Running, *, named: str = "", commit: str = "") -> Record:
    """Return the release to return to: the one whose id is `named`, the newest of `commit`, or
    without both the newest before the live one under which something else ran.

    `records` are given newest first. Raises PreflightError if there is none, or if it is one that
    did not succeed: then nothing ran as it was meant to.
    """
    if not (named or commit):
        return _before(records, now)
    wanted = of_commit(records, commit) if commit else [r for r in records if r.id == named]
    good = [record for record in wanted if record.outcome == SUCCEEDED]
    if good:
        return good[0]
    what = f"commit {commit}" if commit else named
    if not wanted:
        raise PreflightError(f"there is no release of {what}", remedy=left(records, now))
    ended = wanted[0].outcome or "never ended"
    what = f"no release of {what} succeeded: the newest" if commit else f"release {what}"
    raise PreflightError(f"{what} {_was(ended)}", remedy=left(records, now))


def _was(ended: str) -> str:
    return ended if ended in (Outcome.FAILED.label, "never ended") else f"was {ended}"


def _before(records: Sequence[Record], now: Running) -> Record:
    since = _live_since(records, now)
    for record in returnable(records, now):
        if record.id < since:
            return record
    raise PreflightError(
        "there is no release to return to: nothing else ran before what is live",
        remedy=left(records, now),
    )


def _live_since(records: Sequence[Record], now: Running) -> str:
    """Return the id of the newest release that made something live which runs now.

    A rollback makes nothing: what it returned to is as old as it was. So rollbacks in a row go back
    further and further, and one that ended halfway is completed by the next.
    """
    return max((_made(records, part, runs) for part, runs in now.items()), default=NEVER)


def _made(records: Sequence[Record], part: Part, runs: str) -> str:
    gave = [record for record in records if same(part, runs, _given(record, part))]
    made = [record.id for record in gave if record.kind != "rollback"]
    back = [record.origin or record.id for record in gave]
    return next(iter(made or back), NEVER)


def _given(record: Record, part: Part) -> str:
    """Return what a release made a part run that ran something else before."""
    kind, name = part
    service, site = record.services.get(name), record.sites.get(name)
    if kind == "service" and service and service.outcome == SUCCEEDED:
        return service.task_definition
    return site.release if kind == "site" and site and site.outcome == SUCCEEDED else ""


def returnable(records: Sequence[Record], now: Running) -> Iterator[Record]:
    """Yield the releases that succeeded and under which something else ran, newest first."""
    for record in records:
        if record.outcome == SUCCEEDED and differing(now, under(records, record.id)):
            yield record


def left(
    records: Sequence[Record], now: Running, *, gone: Collection[tuple[Part, str]] = ()
) -> str:
    """Return a remedy that names the releases that can be returned to; `gone` is no longer there.

    `gone` holds what can't run again: a part, and what it ran. Of releases that would come to the
    same it is the newest.
    """
    found: dict[frozenset[tuple[Part, str]], str] = {}
    for record in returnable(records, now):
        then = differing(now, under(records, record.id)).items()
        if not then & set(gone):
            found.setdefault(frozenset(_alike(*each) for each in then), record.id)
    names = list(found.values())[:NAMED]
    return f"give one that is left to --to: {', '.join(names)}" if names else DEPLOY_INSTEAD


def _alike(part: Part, value: str) -> tuple[Part, str]:
    return part, content(value) if part[0] == "site" else value


def lost(record: Record, known: Collection[Part]) -> tuple[str, ...]:
    """Return the names of what ran under a release and is none of the parts that there are now."""
    then = running(live([record]))
    return tuple(part_name(part) for part in then if part not in known)
