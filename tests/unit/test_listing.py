"""The list of releases fits 80 columns on a terminal, and is a line each in a pipe."""

import io
import json
from dataclasses import replace

import pytest

from deploy.listing import Listed, print_list, print_one
from deploy.release.history import History, Live, Unreadable
from deploy.release.record import ServiceRecord, SiteRecord
from deploy.release.shown import Seen
from tests.unit.release.journaled import ID, RECORD, STARTED

NAMES = [f"service-with-a-long-name-{number}" for number in range(20)]
BIG = replace(
    RECORD,
    by="somebody-with-a-long-name",
    commit="0123abcd0123",
    dirty=True,
    services={name: ServiceRecord(f"arn/{name}:1", outcome="succeeded") for name in NAMES},
    sites={"web[bold]": SiteRecord("r1", "", "rolled back")},
    outcome="rolled back",
    exit_code=4,
    finished=STARTED + 3599,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal()


def listed(*records: object, **options: object) -> Listed:
    seen = Seen(STARTED + 7200, None, {("service", NAMES[0]): ID})
    return Listed(History(records or (BIG,), **options), seen, Live(), ())  # type: ignore[arg-type]


def plain(text: str) -> list[str]:
    from rich.text import Text

    return Text.from_ansi(text).plain.splitlines()


def test_it_fits_80_columns(terminal: Terminal) -> None:
    print_list(listed(), terminal)
    shown = plain(terminal.getvalue())
    assert max(map(len, shown)) <= 80
    text = " ".join(" ".join(shown).split())
    for part in ("3f9a1c2", "2026-11-22 08:15", "2 h ago", "0123abcd+", "59 min 59 s", "[bold]"):
        assert part in text
    assert "● is live now" in text


def test_a_terminal_has_colours_and_a_pipe_has_none(terminal: Terminal) -> None:
    pipe = io.StringIO()
    for out in (terminal, pipe):
        print_list(listed(), out)
        print_one(BIG, listed(), out)
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in pipe.getvalue()


def test_a_release_is_one_line_in_a_pipe() -> None:
    out = io.StringIO()
    print_list(listed(BIG, replace(BIG, id="20261121T081512Z-0000000")), out)
    head, first, second, legend = out.getvalue().splitlines()
    assert head.startswith("release")
    assert first.startswith("3f9a1c2")
    assert second.startswith("0000000")
    assert legend


def test_what_is_amiss_stands_below() -> None:
    out = io.StringIO()
    history = History((), (Unreadable(ID, "it is damaged"),), older=4)
    print_list(Listed(history, Seen(STARTED, None, {}), Live(), ("the lock can't be told",)), out)
    assert out.getvalue().splitlines() == [
        f"! release {ID} can't be read: it is damaged",
        "! the lock can't be told",
        "4 older: `invoke releases --limit 5`",
    ]


def test_json_is_one_object_with_what_is_derived() -> None:
    out = io.StringIO()
    print_list(listed(older=2), out, as_json=True)
    found = json.loads(out.getvalue())
    assert (found["older"], found["unreadable"]) == (2, [])
    (release,) = found["releases"]
    assert (release["id"], release["state"]) == (ID, "rolled back")
    assert release["live"] == [NAMES[0]]
    assert release["services"][NAMES[1]]["outcome"] == "succeeded"
