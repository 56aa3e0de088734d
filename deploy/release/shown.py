"""Releases as people read them: a row of a list, or one release as lines. Pure.

A line comes with its style (as rich names it), which a pipe leaves out.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.console import duration
from deploy.outcome import Outcome
from deploy.release.history import SHORT, Part, is_cut_off, state
from deploy.release.lock import ago
from deploy.release.record import Record, ServiceRecord, SiteRecord

Line = tuple[str, str]

LIVE = "●"
COMMIT, DIGEST = 8, len("sha256:") + 12  # characters shown
LABEL = 9
GOOD, BAD, MOVING, DIM = "green", "red", "yellow", "dim"
STYLES = {
    Outcome.SUCCEEDED.label: GOOD,
    Outcome.UNCHANGED.label: DIM,
    Outcome.FAILED.label: BAD,
    Outcome.ROLLED_BACK.label: BAD,
}
PLAN_STYLES = {"+": GOOD, "~": MOVING, "-": BAD}


@dataclass(frozen=True)
class Seen:
    """What is known besides the records: `token` is the fencing token of the lock's holder, None
    if nobody holds it; `live` tells which release each part runs; `now` in Unix seconds.
    """

    now: float
    token: int | None
    live: Mapping[Part, str]

    def parts(self, record: Record) -> frozenset[Part]:
        """Return the parts that run what this release gave them."""
        return frozenset(part for part, release in self.live.items() if release == record.id)


@dataclass(frozen=True)
class Row:
    """A release in a list."""

    id: str  # its last 7 characters, which name it too
    at: str
    ago: str
    by: str
    commit: str
    took: str
    what: tuple[Line, ...]


def row(record: Record, seen: Seen) -> Row:
    """Return a release's row."""
    return Row(
        record.id[-SHORT:],
        when(record.started),
        f"{ago(seen.now - record.started)} ago",
        record.by,
        commit(record),
        took(record, seen),
        tuple(_what(record, seen)),
    )


def when(at: float) -> str:
    """Return a time (Unix seconds) as "2026-11-22 08:15", in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def commit(record: Record) -> str:
    """Return the commit's beginning, with a "+" if there were changes that it does not hold."""
    name = record.commit.partition("-")[0][:COMMIT]
    return f"{name}{'+' * record.dirty}" if name else ""


def took(record: Record, seen: Seen) -> str:
    """Return how long a release took or has taken yet, empty if nobody knows."""
    if is_cut_off(record, seen.token):
        return ""
    return duration(max(0.0, (record.finished or seen.now) - record.started))


def _what(record: Record, seen: Seen) -> Iterator[Line]:
    """What it was, how it ended unless its parts tell that, and they, those that ended alike
    together.
    """
    told = state(record, seen.token)
    kind = title(record) if record.kind != "deploy" else ""
    grouped: dict[tuple[bool, str], list[str]] = {}
    live = seen.parts(record)
    for part, outcome in outcomes(record):
        grouped.setdefault((part in live, outcome), []).append(part_name(part))
    if kind:
        yield kind, ""
    if told not in {outcome for _, outcome in grouped}:
        yield told, style_of(told)
    for (is_live, outcome), names in grouped.items():
        mark = LIVE if is_live else " "
        yield f"{mark} {', '.join(names)} {outcome or 'begun'}", style_of(outcome)


def title(record: Record) -> str:
    """Return what a release was: "deploy", "rollback to 3f9a1c2"."""
    return f"{record.kind} to {record.origin[-SHORT:]}" if record.origin else record.kind


def outcomes(record: Record) -> Iterator[tuple[Part, str]]:
    """Yield each part of a release and its outcome, "" if it is not known."""
    for name, service in record.services.items():
        yield ("service", name), service.outcome
    for name, site in record.sites.items():
        yield ("site", name), site.outcome


def part_name(part: Part) -> str:
    """Return "api" for a service, "site web" for a site."""
    kind, name = part
    return name if kind == "service" else f"site {name}"


def style_of(outcome: str) -> str:
    """Return the style for how something ended, or where it is."""
    return STYLES.get(outcome, MOVING)


def lines(record: Record, seen: Seen) -> Iterator[Line]:
    """Yield all of a release, line by line."""
    told = state(record, seen.token)
    yield f"release {record.id}", "bold"
    yield from _facts(record, seen, told)
    if record.services or record.sites:
        yield "", ""
        yield "parts", "bold"
        yield from _parts(record, seen.parts(record))
    if record.phases or record.running:
        yield "", ""
        yield "phases", "bold"
        yield from _phases(record, is_cut_off(record, seen.token))
    if record.plan:
        yield "", ""
        yield "plan", "bold"
        yield from ((f"  {line}", PLAN_STYLES.get(line[:1], DIM)) for line in record.plan)


def _facts(record: Record, seen: Seen, told: str) -> Iterator[Line]:
    code = "" if record.exit_code is None else f", exit code {record.exit_code}"
    since = f"{when(record.started)} UTC, {ago(seen.now - record.started)} ago"
    changed = ", with changes that it does not hold" if record.dirty else ""
    facts = {
        "outcome": f"{told}{code}",
        "what": f"{title(record)}, environment {record.environment}",
        "started": since,
        "took": took(record, seen),
        "by": f"{record.by} on {record.host}",
        "commit": f"{record.commit}{changed}" if record.commit else "",
        "lock": f"token {record.token}" if record.token else "",
        "summary": record.summary,
    }
    for label, value in facts.items():
        if value:
            yield f"  {label:<{LABEL}}{value}", style_of(told) if label == "outcome" else ""


def _parts(record: Record, live: Collection[Part]) -> Iterator[Line]:
    width = max(len(part_name(part)) for part, _ in outcomes(record))
    for part, outcome in outcomes(record):
        mark = LIVE if part in live else " "
        gave, before = given(record, part)
        was = f"  before {before}" if before and before != gave else ""
        text = f"{mark} {part_name(part):<{width}}  {outcome or 'begun':<11}  {gave}{was}"
        yield text.rstrip(), style_of(outcome)


def given(record: Record, part: Part) -> tuple[str, str]:
    """Return what a release gave to a part, and what that had before: revisions, site releases."""
    kind, name = part
    found: ServiceRecord | SiteRecord
    if kind == "service":
        found = record.services[name]
        return revision(found.task_definition), revision(found.before)
    found = record.sites[name]
    return found.release, found.before


def revision(arn: str) -> str:
    """Return `family:revision` of a task definition's ARN."""
    return arn.rpartition("/")[2]


def _phases(record: Record, cut: bool) -> Iterator[Line]:  # noqa: FBT001
    names = [*(phase.name for phase in record.phases), *record.running]
    width = max(map(len, names))
    for phase in record.phases:
        mark, style = ("✓", GOOD) if phase.ok else ("✗", BAD)
        time = duration(phase.seconds)
        yield f"{mark} {phase.name:<{width}}  {time:>12}  {phase.detail}".rstrip(), style
    for name in record.running:
        yield f"▸ {name:<{width}}  {'cut off here' if cut else 'runs':>12}", MOVING
