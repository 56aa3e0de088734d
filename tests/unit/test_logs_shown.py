"""`invoke logs` on a terminal, in a pipe, and as JSON."""

import io
import json

import pytest

from deploy.errors import PreflightError
from deploy.logs import LogOptions, groups, options, shown
from deploy.service.loglines import Line
from tests.unit.infra.targets import target

MESSAGE = json.dumps({"event": "a [bold]price[/] was asked", "level": "warning", "n": 1})
LINES = [
    Line(1_767_225_600_000, "api", "api/api/aaaaaaaaaaaa", MESSAGE, "1"),
    Line(1_767_225_600_001, "api", "api/api/bbbbbbbbbbbb", "plain " + "x" * 300, "2"),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def written(stream: io.StringIO, *, as_json: bool = False) -> str:
    show = shown(stream, as_json=as_json, at_once=True)
    for line in LINES:
        show(line)
    return stream.getvalue()


def test_a_person_reads_whose_it_is_and_what_it_says_each_task_in_its_colour(
    terminal: Terminal,
) -> None:
    first, second = written(terminal).splitlines()
    assert first.startswith("\x1b[36mapi/aaaaaaaa \x1b[0m")
    assert "\x1b[33mWARNING" in first
    assert "a [bold]price[/] was asked" in first
    assert second.startswith("\x1b[35mapi/bbbbbbbb \x1b[0m")
    assert "x" * 300 in second


def test_a_pipe_gets_the_lines_as_they_were_written() -> None:
    assert written(io.StringIO()) == "".join(f"{line.message}\n" for line in LINES)


def test_also_a_terminal_that_is_dumb(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in written(terminal)


def test_json_is_an_object_a_line(terminal: Terminal) -> None:
    found = [json.loads(line) for line in written(terminal, as_json=True).splitlines()]
    assert [line["task"] for line in found] == ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
    assert found[0]["message"] == MESSAGE


def test_without_options_the_last_lines_of_ten_minutes_are_shown() -> None:
    asked = options("", "", "", "", follow=False, as_json=False)
    assert (asked.services, asked.since, asked.lines) == ((), "10m", 50)


def test_all_lines_since_a_moment_are_shown_unless_their_number_is_given() -> None:
    assert options("", "2h", "", "", follow=False, as_json=False).lines is None
    assert options("api, worker", "2h", "7", "", follow=False, as_json=False).lines == 7


def test_all_services_are_read_unless_some_are_named() -> None:
    place = target("api", "worker")
    assert set(groups(place, LogOptions())) == {"api", "worker"}
    assert set(groups(place, LogOptions(("worker",)))) == {"worker"}
    with pytest.raises(PreflightError, match="service web has no infrastructure"):
        groups(place, LogOptions(("web",)))
