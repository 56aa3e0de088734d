"""A plan as lines of text: in columns, and no wider than a terminal. Pure."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from deploy.events import Change, Sign

INDENT = 2
DEEPER = 4  # what tells more of a line stands so far to its right
SUBJECT_WIDTH = 40  # characters; a longer subject pushes its reason to the right
REASON_WIDTH = 24  # characters that a reason needs beside its subject, or it goes below
VALUE_WIDTH = 60  # characters of a changed value that are shown
ENDLESS = 10_000


class Line(NamedTuple):
    """One line, and the sign that gives it its colour."""

    text: str
    sign: Sign


def plan_lines(changes: Iterable[Change], columns: int = 0) -> Iterator[Line]:
    """Yield the lines that show a plan; `columns` is the width to stay in, 0 if there is none.

    What tells more of a line (`Change.of`) stands below it, further to the right. A value that the
    reason names already is not repeated.
    """
    changes = tuple(changes)
    for change in changes:
        like = [each.subject for each in changes if each.of == change.of]
        width = max((len(each) for each in like if len(each) <= SUBJECT_WIDTH), default=0)
        yield from _change(change, width, columns or ENDLESS)


def _change(change: Change, width: int, columns: int) -> Iterator[Line]:
    indent = " " * (INDENT + DEEPER * bool(change.of))
    head = f"{indent}{change.sign} {change.subject:<{width}}  "
    below = indent + " " * DEEPER
    if len(head) + min(len(change.reason), REASON_WIDTH) > columns:
        yield Line(head.rstrip(), change.sign)
        texts = textwrap.wrap(change.reason, columns - len(below))
        yield from (Line(below + text, change.sign) for text in texts)
    else:
        texts = textwrap.wrap(change.reason, columns - len(head)) or [""]
        yield Line((head + texts[0]).rstrip(), change.sign)
        yield from (Line(" " * len(head) + text, change.sign) for text in texts[1:])
    yield from _values(change, below, columns)


def _values(change: Change, below: str, columns: int) -> Iterator[Line]:
    pairs: tuple[tuple[Literal["-", "+"], str | None], ...]
    pairs = (("-", change.before), ("+", change.after))
    for sign, value in pairs if change.sign != "=" else ():
        if value is not None and value not in change.reason:
            room = min(VALUE_WIDTH, columns - len(below) - 2)
            yield Line(f"{below}{sign} {short(value, room)}", sign)


def short(value: str, width: int = VALUE_WIDTH) -> str:
    """Return a value without its middle, if it is long: an image's digest is at its end."""
    if len(value) <= width:
        return value
    half = (width - 1) // 2
    return f"{value[:half]}…{value[-half:]}"
