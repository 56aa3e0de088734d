"""What the records of an environment say: which there are, what runs, what was cut off. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from deploy.outcome import Outcome
from deploy.release.record import CUT_OFF, Record

Part = tuple[Literal["service", "site"], str]  # and its name in deploy.toml

SHORT = 7  # characters at an id's end that name it too
# What a service or a site runs after these: what the release gave it, or what it had before.
GIVEN = {outcome.label for outcome in (Outcome.SUCCEEDED, Outcome.UNCHANGED)}
KEPT = {outcome.label for outcome in (Outcome.ROLLED_BACK,)}


@dataclass(frozen=True)
class Unreadable:
    """A record that can't be read, and why."""

    id: str
    why: str


@dataclass(frozen=True)
class History:
    """Records and those that can't be read, the newest first; `older` were not asked for."""

    records: tuple[Record, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    older: int = 0


@dataclass(frozen=True)
class Live:
    """What runs: each service's task definition (ARN), each site's release (id), by name."""

    services: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)


def live(records: Iterable[Record]) -> Live:
    """Return what runs by the records, which are given newest first.

    Left out is what no record can tell: nothing of it ended well, was unchanged or rolled back.
    The truth is in ECS and in the sites' buckets; this is what they can be compared with.
    """
    services: dict[str, str] = {}
    sites: dict[str, str] = {}
    for record in records:
        for name, service in record.services.items():
            given = _result(service.outcome, service.task_definition, service.before)
            if given:
                services.setdefault(name, given)
        for name, site in record.sites.items():
            given = _result(site.outcome, site.release, site.before)
            if given:
                sites.setdefault(name, given)
    return Live(services, sites)


def marks(records: Iterable[Record], real: Live) -> dict[Part, str]:
    """Return the id of the newest release that gave each part of `real` what it runs; "" if none.

    `records` are given newest first. A site's releases count as the same if they end alike, in the
    hash of what is in them: the way back gives what was there before a new id. A release that did
    not get to a part has not given it what it had before.
    """
    found: dict[Part, str] = {("service", name): "" for name in real.services}
    found |= {("site", name): "" for name in real.sites}
    for record in records:
        for part in found:
            if not found[part] and _gave(record, part, real):
                found[part] = record.id
    return found


def _gave(record: Record, part: Part, real: Live) -> bool:
    kind, name = part
    if kind == "service":
        service = record.services.get(name)
        if service is None or service.task_definition != real.services[name]:
            return False
        return service.outcome in GIVEN or service.task_definition != service.before
    site = record.sites.get(name)
    if site is None or content(site.release) != content(real.sites[name]):
        return False
    return bool(site.release) and (site.outcome in GIVEN or site.release != site.before)


def content(site_release: str) -> str:
    """Return the end of a site's release that says what is in it; "" for ""."""
    return site_release.partition("-")[2]


def _result(outcome: str, given: str, before: str) -> str:
    if outcome in GIVEN:
        return given
    return before if outcome in KEPT else ""


def unfinished(records: Iterable[Record], token: int | None) -> tuple[Record, ...]:
    """Return the records of runs that were cut off, and that nobody has marked so yet.

    `token` is the fencing token of who holds the lock now, None if nobody does: that run goes on.
    """
    return tuple(record for record in records if not record.outcome and record.token != token)


def is_cut_off(record: Record, token: int | None) -> bool:
    """Say whether a run was cut off, marked so or not. `token` as for `unfinished`."""
    return record.outcome == CUT_OFF or bool(unfinished([record], token))


def state(record: Record, token: int | None) -> str:
    """Return how a release ended, or where it is: "succeeded", "cut off in push", "running".

    `token` as for `unfinished`.
    """
    if not is_cut_off(record, token):
        return record.outcome or f"running {_phases(record)}".rstrip()
    if record.running:
        return f"{CUT_OFF} in {_phases(record)}"
    return f"{CUT_OFF} after {record.phases[-1].name}" if record.phases else CUT_OFF


def _phases(record: Record) -> str:
    return ", ".join(record.running)


def named(ids: Iterable[str], text: str) -> tuple[str, ...]:
    """Return the ids that `text` names: an id, its beginning, its last 7 characters, or "last".

    `ids` are given newest first, and so is the result.
    """
    known = tuple(ids)
    if text in known:
        return (text,)
    if text == "last":
        return known[:1]
    return tuple(
        each for each in known if text and (each.startswith(text) or each[-SHORT:] == text)
    )


def of_commit(records: Sequence[Record], commit: str) -> tuple[Record, ...]:
    """Return the records of a commit, given by its SHA or the beginning of it (4 characters)."""
    least = 4  # as git has it: https://git-scm.com/docs/git-rev-parse#_specifying_revisions
    wanted = commit.lower()
    return tuple(
        record
        for record in records
        if len(wanted) >= least and record.commit and _same_commit(record.commit, wanted)
    )


def _same_commit(recorded: str, wanted: str) -> bool:
    return recorded.startswith(wanted) or wanted.startswith(recorded)
