"""Releases as a table on a terminal, as lines in a pipe, as JSON or as Markdown."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TextIO

from deploy.release.history import History, Live, state
from deploy.release.lock import command
from deploy.release.markdown import markdown
from deploy.release.record import Record
from deploy.release.shown import LIVE, Line, Row, Seen, lines, part_name, row

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

HEADS = ("release", "when (UTC)", "who", "commit", "took", "what")
WHO_WIDTH = 10  # characters, on a terminal
GAP = "  "


@dataclass(frozen=True)
class Listed:
    """Releases of an environment, what is known besides them, what is live, what is amiss."""

    history: History
    seen: Seen
    live: Live
    notes: tuple[str, ...] = ()
    environment: str = "local"


def print_list(found: Listed, out: TextIO, *, as_json: bool = False) -> None:
    """Print the list; as JSON, one object."""
    if as_json:
        print(json.dumps(as_object(found)), file=out, flush=True)
        return
    rows = [row(record, found.seen) for record in found.history.records]
    if rows and _is_screen(out):
        _console(out).print(_table(rows))
    elif rows:
        _print(((text, "") for text in plain_rows(rows)), out)
    _print(_below(found), out)


def print_one(
    record: Record, found: Listed, out: TextIO, *, as_json: bool = False, as_markdown: bool = False
) -> None:
    """Print one release; as JSON, one object."""
    if as_json:
        print(json.dumps(_release(record, found.seen)), file=out, flush=True)
    elif as_markdown:
        print(markdown(record, found.seen), file=out, flush=True)
    else:
        _print(lines(record, found.seen), out)


def as_object(found: Listed) -> dict[str, Any]:
    """Return the list as JSON has it, newest first."""
    return {
        "environment": found.environment,
        "live": asdict(found.live),
        "releases": [_release(record, found.seen) for record in found.history.records],
        "unreadable": [asdict(each) for each in found.history.unreadable],
        "older": found.history.older,
        "notes": list(found.notes),
    }


def _release(record: Record, seen: Seen) -> dict[str, Any]:
    live = sorted(part_name(part) for part in seen.parts(record))
    return {**asdict(record), "state": state(record, seen.token), "live": live}


def plain_rows(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the rows as lines in columns, under their headings: a release is one line."""
    table = [HEADS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        pairs = zip(cells, widths, strict=True)
        yield GAP.join(f"{cell:<{width}}" for cell, width in pairs).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    what = ", ".join(text.strip() for text, _ in row.what)
    return row.id, f"{row.at}, {row.ago}", row.by, row.commit, row.took, what


def _below(found: Listed) -> Iterator[Line]:
    """What a person is told under the table."""
    history = found.history
    if not history.records and not history.unreadable:
        yield f"no release is recorded yet: `{command('deploy', found.environment)}`", ""
    elif any(found.seen.live.values()):
        yield f"{LIVE} is live now", "dim"
    for each in history.unreadable:
        yield f"! release {each.id} can't be read: {each.why}", "yellow"
    for note in found.notes:
        yield f"! {note}", "yellow"
    if history.older:
        shown = len(history.records) + len(history.unreadable)
        every = history.older + shown
        typed = command(f"releases --limit {every}", found.environment)
        yield f"{history.older} older: `{typed}`", "dim"


def _is_screen(out: TextIO) -> bool:
    return out.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def _console(out: TextIO) -> Any:
    from rich.console import Console

    return Console(file=out, highlight=False)


def _print(told: Iterable[Line], out: TextIO) -> None:
    if not _is_screen(out):
        for text, _ in told:
            print(text, file=out, flush=True)
        return
    console = _console(out)
    for text, style in told:
        console.print(text, style=style or None, markup=False, soft_wrap=True)


def _table(rows: Iterable[Row]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in HEADS:
        width = WHO_WIDTH if head == "who" else None
        table.add_column(head, max_width=width, overflow="fold", no_wrap=head == "release")
    for each in rows:
        cells = (each.id, f"{each.at}\n{each.ago}", each.by, each.commit, each.took)
        table.add_row(*map(_text, cells), _what(each))
    return table


def _text(text: str) -> "Text":
    from rich.text import Text

    return Text(text)


def _what(row: Row) -> "Text":
    from rich.text import Text

    return Text("\n").join(Text(text, style=style) for text, style in row.what)
