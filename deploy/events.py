"""What a run tells the world, as values. `deploy.console` renders them.

The rooms are handed an `Emit`; they never print.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

Sign = Literal["+", "~", "-", "="]


class Change(NamedTuple):
    """One line of a plan: what would change, and why. `before`/`after` are shown if present.

    `of` is the subject of the line that this one tells more of, which comes before it.
    """

    sign: Sign
    subject: str
    reason: str
    before: str | None = None
    after: str | None = None
    of: str = ""


class PlanShown(NamedTuple):
    """The plan of a run, before anything is written."""

    title: str
    changes: tuple[Change, ...]


class DiffShown(NamedTuple):
    """Something whole, line by line: each begins with "+", "-" or " " for what stays."""

    title: str
    lines: tuple[str, ...]


class PhaseStarted(NamedTuple):
    phase: str
    detail: str = ""


class PhaseProgress(NamedTuple):
    """Where a phase is. `done` and `total` are in `unit` ("bytes", "tasks"); total 0 = unknown."""

    phase: str
    detail: str
    done: float = 0
    total: float = 0
    unit: str = ""


class PhaseOutput(NamedTuple):
    """One line that an external tool or a container printed; `kept`, it stays on a terminal."""

    phase: str
    line: str
    kept: bool = False


class PhaseEnded(NamedTuple):
    phase: str
    ok: bool
    seconds: float
    detail: str = ""


class Note(NamedTuple):
    """Something worth knowing, or (`level="warning"`) worth acting on."""

    text: str
    level: Literal["info", "warning"] = "info"


class Checked(NamedTuple):
    """One thing that `invoke doctor` looked at, what was found, and what to do about it."""

    group: str
    name: str
    verdict: Literal["OK", "SKIP", "NG"]
    found: str
    remedy: str = ""


class Failure(NamedTuple):
    """What went wrong, why, the lines that show it, and what to do. Printed once."""

    message: str
    details: tuple[str, ...] = ()
    remedy: str = ""


class Finished(NamedTuple):
    """The end of a run. `urls` maps a name to its address; `next_step` is a command.

    `ends` tells, by its name, how each of several services ended.
    """

    outcome: str
    exit_code: int
    seconds: float
    summary: str = ""
    urls: Mapping[str, str] = {}
    next_step: str = ""
    ends: Mapping[str, str] = {}


Event = (
    PlanShown
    | DiffShown
    | PhaseStarted
    | PhaseProgress
    | PhaseOutput
    | PhaseEnded
    | Note
    | Checked
    | Failure
    | Finished
)
Emit = Callable[[Event], None]
