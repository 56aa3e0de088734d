"""What a program reads of a value: its names, however deep."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deploy.values import as_json, named


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass(frozen=True)
class Line:
    name: str
    ends: tuple[Point, ...]


def test_names_are_kept_in_tuples_lists_and_mappings() -> None:
    line = Line("a", (Point(1), Point(2, 3)))
    told = {"name": "a", "ends": [{"x": 1, "y": 0}, {"x": 2, "y": 3}]}
    assert as_json({"lines": [line], "at": Point(4)}) == {"lines": [told], "at": {"x": 4, "y": 0}}
    assert json.loads(json.dumps(as_json(line))) == told


def test_what_has_no_names_stays_as_it_is() -> None:
    assert as_json((1, "two", None)) == [1, "two", None]
    assert as_json(Path("a")) == Path("a")
    assert [named(value) for value in ((1, 2), {"x": 1}, "xy", None)] == [None] * 4
