"""What a run tells the world, as values. `deploy.console` renders them.

The rooms are handed an `Emit`; they never print.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Sign = Literal["+", "~", "-", "="]


@dataclass(frozen=True)
class Change:
    """One line of a plan: what would change, and why. `before`/`after` are shown if present.

    `of` is the subject of the line that this one tells more of, which comes before it.
    """

    sign: Sign
    subject: str
    reason: str
    before: str | None = None
    after: str | None = None
    of: str = ""


@dataclass(frozen=True)
class PlanShown:
    """The plan of a run, before anything is written."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class DiffShown:
    """Something whole, line by line: each begins with "+", "-" or " " for what stays."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PhaseStarted:
    phase: str
    detail: str = ""


@dataclass(frozen=True)
class PhaseProgress:
    """Where a phase is. `done` and `total` are in `unit` ("bytes", "tasks"); total 0 = unknown."""

    phase: str
    detail: str
    done: float = 0
    total: float = 0
    unit: str = ""


@dataclass(frozen=True)
class PhaseOutput:
    """One line that an external tool or a container printed."""

    phase: str
    line: str


@dataclass(frozen=True)
class PhaseEnded:
    phase: str
    ok: bool
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class Note:
    """Something worth knowing, or (`level="warning"`) worth acting on."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True)
class Checked:
    """One thing that `invoke doctor` looked at, what was found, and what to do about it."""

    group: str
    name: str
    verdict: Literal["OK", "SKIP", "NG"]
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Failure:
    """What went wrong, why, the lines that show it, and what to do. Printed once."""

    message: str
    details: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Finished:
    """The end of a run. `urls` maps a name to its address; `next_step` is a command.

    `ends` tells, by its name, how each of several services ended.
    """

    outcome: str
    exit_code: int
    seconds: float
    summary: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    next_step: str = ""
    ends: Mapping[str, str] = field(default_factory=dict)


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
