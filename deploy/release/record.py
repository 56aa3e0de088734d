"""A release's record: what one apply did, written as it goes. Pure.

It is one JSON object in the environment's records bucket, `releases/<id>.json`, written again
after each step, so a run that is cut off leaves what it had done. It holds no values of the plan
or of a task definition: what it never had cannot leak.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from deploy.errors import PreflightError
from deploy.events import Change, PhaseEnded

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kind = Literal["deploy", "rollback", "scale", "restart", "migrate"]

FORMAT = 1  # of the JSON; raised when an older Shipway cannot read it any more
PREFIX = "releases/"
CUT_OFF = "cut off"  # the outcome that the next run gives a run that had no end
PLAN_LINES = 200
TEXT = 300  # characters of a line, a detail, a summary
LATEST = 1e11  # Unix seconds; what is later is no time
_KEY = re.compile(r"releases/(\d{8}T\d{6}Z-[0-9a-f]{7})\.json")


@dataclass(frozen=True)
class ServiceRecord:
    """One service in a release. `before` and `task_definition` are ARNs of revisions.

    `outcome` is an `Outcome`'s label, "" while it is not known. What a release did not change
    stands here too, as "unchanged": a release says what the whole environment ran.
    """

    task_definition: str = ""
    digest: str = ""
    source_tag: str = ""
    before: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class SiteRecord:
    """One site in a release. `release` and `before` are ids of the site's own releases."""

    release: str = ""
    before: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class PhaseRecord:
    name: str
    seconds: float
    ok: bool
    detail: str = ""


@dataclass(frozen=True)
class Record:
    """One apply. Times in Unix seconds; `outcome` is "" while it runs.

    `plan` holds the lines of the plan that was shown. `token` is the lock's fencing token that it
    ran under. `origin` is the release that a rollback returned to, else "". `running` are the
    phases that run now, or ran when it was cut off: some run side by side.
    """

    id: str
    kind: Kind
    environment: str
    by: str
    host: str
    started: float
    commit: str = ""
    dirty: bool = False
    token: int = 0
    origin: str = ""
    plan: tuple[str, ...] = ()
    services: Mapping[str, ServiceRecord] = field(default_factory=dict)
    sites: Mapping[str, SiteRecord] = field(default_factory=dict)
    phases: tuple[PhaseRecord, ...] = ()
    running: tuple[str, ...] = ()
    outcome: str = ""
    exit_code: int | None = None
    finished: float = 0.0
    summary: str = ""


def new_id(now: float, random: str) -> str:
    """Return a release's id: `now` (Unix seconds) in UTC, and 7 hex digits of `random`.

    A LIST has ids in order of time.
    """
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{random[:7]}"


def key_of(release: str) -> str:
    """Return the key of a release's record."""
    return f"{PREFIX}{release}.json"


def id_of(key: str) -> str | None:
    """Return the id of the release whose record has this key, None if it is no record's."""
    found = _KEY.fullmatch(key)
    return found[1] if found else None


def serialize(record: Record) -> bytes:
    """Return the JSON that `parse` takes."""
    return json.dumps({"format": FORMAT, **asdict(record)}, indent=1).encode() + b"\n"


def parse(data: bytes) -> Record:
    """Parse a record. Raises PreflightError if it is damaged or of a newer format.

    A field that this version does not know is left out.
    """
    try:
        newer = json.loads(data)["format"] > FORMAT
        if not newer:
            return _checked(_adapter().validate_json(data))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        why = str(error).splitlines()[0]
        raise PreflightError(
            f"it is damaged ({why})", remedy="bring back its version before, or delete it"
        ) from error
    raise PreflightError("a newer Shipway wrote it", remedy="use that version, or a newer one")


@cache
def _adapter() -> "TypeAdapter[Record]":
    from pydantic import TypeAdapter

    return TypeAdapter(Record)


def _checked(record: Record) -> Record:
    for at in (record.started, record.finished):
        if not 0 <= at < LATEST:
            raise ValueError(f"{at} is no time")
    return record


def planned(record: Record, changes: Iterable[Change]) -> Record:
    """Return the record with a plan's lines: sign, subject and reason, never a value.

    Values would tell what an environment variable holds.
    """
    lines = tuple(line(f"{each.sign} {each.subject}  {each.reason}") for each in changes)
    if len(lines) > PLAN_LINES:
        lines = (*lines[: PLAN_LINES - 1], f"~ and {len(lines) - PLAN_LINES + 1} more")
    return replace(record, plan=lines)


def phase_started(record: Record, phase: str) -> Record:
    """Return the record with a phase begun."""
    return replace(record, running=(*record.running, phase))


def phase_ended(record: Record, event: PhaseEnded) -> Record:
    """Return the record with a phase ended, well or not."""
    left = list(record.running)
    if event.phase in left:
        left.remove(event.phase)
    done = PhaseRecord(event.phase, round(event.seconds, 3), event.ok, line(event.detail))
    return replace(record, running=tuple(left), phases=(*record.phases, done))


def finished(record: Record, outcome: str, exit_code: int, summary: str, now: float) -> Record:
    """Return the record of a run that has ended: nothing of it runs any more."""
    ended = replace(record, outcome=outcome, exit_code=exit_code, finished=now, running=())
    return replace(ended, summary=line(summary))


def cut_off(record: Record, now: float) -> Record:
    """Return the record of a run that was killed, closed by another; its phases stay in `running`.

    `now` (Unix seconds) is when that was found.
    """
    return replace(record, outcome=CUT_OFF, finished=now)


def line(text: str) -> str:
    """Return text as one line of at most 300 characters, without control characters."""
    shown = "".join(c if c.isprintable() else " " for c in text).strip()
    return shown if len(shown) <= TEXT else f"{shown[: TEXT - 1]}…"
