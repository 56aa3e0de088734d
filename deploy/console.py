"""Events -> what a person or a program reads: a live view on a terminal, plain lines in a pipe or
in CI, JSON lines with --json. Nothing else in deploy/ prints.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import singledispatchmethod
from typing import TextIO

from deploy.check_lines import check_lines
from deploy.events import (
    Checked,
    DiffShown,
    Emit,
    Event,
    Failure,
    Finished,
    Note,
    PhaseEnded,
    PhaseOutput,
    PhaseProgress,
    PhaseStarted,
    PlanShown,
)
from deploy.interrupt import write_line
from deploy.plan_lines import plan_lines
from deploy.values import as_json

COLORS = {"+": "green", "~": "yellow", "-": "red", "=": "dim"}
LIVE_UNITS = ("bytes", "steps")  # move too often for a log, which hears of quarters at most
LONG_BYTES = 20e6


@contextmanager
def console(*, as_json: bool = False, stream: TextIO | None = None) -> Iterator[Emit]:
    """Yield the function that renders events to `stream` (stdout), in the way that suits it."""
    stream = stream or sys.stdout
    if as_json:
        yield in_turn(JsonLines(stream))
    elif stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb":
        from deploy.live import Live

        with Live(stream) as live:
            yield in_turn(live)
    else:
        yield in_turn(Plain(stream))


def in_turn(emit: Emit) -> Emit:
    """Return an `emit` that threads may share: one event is rendered wholly before the next."""
    lock = threading.RLock()

    def render(event: Event) -> None:
        with lock:
            emit(event)

    return render


class JsonLines:
    """One JSON object a line: the event's name under `event`, and its fields."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __call__(self, event: Event) -> None:
        kind = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(event).__name__)
        line = json.dumps({"event": kind.lstrip("_"), **as_json(event)}, default=str)
        write_line(line, self.stream)


class Plain:
    """Plain lines: what a log keeps. Each phase says when it starts, moves on and ends.

    `columns` is the width that a plan's lines stay in, 0 where nobody folds them.
    """

    columns = 0

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.shown: dict[str, str] = {}
        self.running: set[str] = set()  # phases
        self.group = ""  # of the check that was told last

    def __call__(self, event: Event) -> None:
        self.render(event)

    def line(self, text: str = "", _style: str = "") -> None:
        write_line(text, self.stream)

    @singledispatchmethod
    def render(self, event: Event) -> None:
        raise TypeError(event)

    @render.register
    def _(self, event: PlanShown) -> None:
        self.line(event.title, "bold")
        for text, sign in plan_lines(event.changes, self.columns):
            self.line(text, COLORS[sign])

    @render.register
    def _(self, event: DiffShown) -> None:
        self.line(event.title, "bold")
        for text in event.lines:
            self.line(f"  {text}", COLORS.get(text[:1], "dim"))

    @render.register
    def _(self, event: PhaseStarted) -> None:
        self.running.add(event.phase)
        self.line(f"▸ {event.phase}  {event.detail}".rstrip(), "bold")

    @render.register
    def _(self, event: PhaseProgress) -> None:
        text = quarter(event) if event.unit in LIVE_UNITS else event.detail
        if text and self.shown.get(event.phase) != text:
            self.shown[event.phase] = text
            self.line(f"    {self.whose(event.phase)}{text}")

    def whose(self, phase: str) -> str:
        """Return what tells a line of `phase` from those of the phases beside it."""
        return f"{phase}: " if self.running - {phase} else ""

    @render.register
    def _(self, event: PhaseOutput) -> None:
        self.line(f"  │ {self.whose(event.phase)}{event.line}", "dim")

    @render.register
    def _(self, event: PhaseEnded) -> None:
        self.running.discard(event.phase)
        mark, style = ("✓", "green") if event.ok else ("✗", "red")
        self.line(f"{mark} {event.phase}  {event.detail}  {duration(event.seconds)}", style)

    @render.register
    def _(self, event: Note) -> None:
        warning = event.level == "warning"
        self.line(f"{'! ' if warning else ''}{event.text}", "yellow" if warning else "")

    @render.register
    def _(self, event: Checked) -> None:
        for text, style in check_lines(event, self.group):
            self.line(text, style)
        self.group = event.group

    @render.register
    def _(self, event: Failure) -> None:
        self.line(f"✗ {event.message}", "bold red")
        for detail in event.details:
            self.line(f"    {detail}")
        if event.remedy:
            self.line(f"  → {event.remedy}", "cyan")

    @render.register
    def _(self, event: Finished) -> None:
        self.line()
        summary = f": {event.summary}" if event.summary else ""
        bad = event.exit_code and event.outcome != "planned"  # whose code is an answer
        style = "bold red" if bad else "bold green"
        self.line(f"{event.outcome}{summary}  ({duration(event.seconds)})", style)
        self.columns_of(event.ends)
        self.columns_of(event.urls, "cyan")
        if event.next_step:
            self.line(f"  next: {event.next_step}")

    def columns_of(self, values: Mapping[str, str], style: str = "") -> None:
        """Print a name and its value a line, the values below each other."""
        width = max(map(len, values), default=0)
        for name, value in values.items():
            self.line(f"  {name:<{width}}  {value}", style)


def quarter(event: PhaseProgress) -> str:
    """Return "50 %" or the like for what takes long enough to be worth a line of a log, else ""."""
    if event.unit != "bytes" or event.total < LONG_BYTES:
        return ""
    quarters = int(4 * event.done / event.total)
    return f"{25 * quarters} % of {event.total / 1e6:.1f} MB" if 0 < quarters < 4 else ""  # noqa: PLR2004


def progress(event: PhaseProgress) -> str:
    """Return where a phase is in words: "12.3 of 45.6 MB", "2 of 4 tasks"."""
    if not event.total:
        return event.detail
    if event.unit == "bytes":
        count = f"{event.done / 1e6:.1f} of {event.total / 1e6:.1f} MB"
    else:
        count = f"{event.done:g} of {event.total:g} {event.unit}"
    return f"{event.detail}  {count}".strip()


def duration(seconds: float) -> str:
    """Return a duration as people read it: "0.4 s", "1 min 5 s"."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
