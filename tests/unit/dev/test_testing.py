"""`invoke test`: which sessions run, and what is said of those that fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy import process, testing
from deploy.errors import ConfigError, ToolError
from deploy.events import Event, Failure, Finished, PhaseEnded
from deploy.testing import QUICK, run_quick, sessions, telling
from tests.unit.service.world import config_of

FAILED = "FAILED tests/unit/test_a.py::test_b - assert 1 == 2"


class Nox:
    """Answers for nox: the sessions that fail, and what each prints."""

    def __init__(self, *failing: str, reports: bool = True) -> None:
        self.failing, self.reports, self.asked = failing, reports, list[tuple[str, ...]]()

    def __call__(self, argv: tuple[str, ...], *, on_line: Callable[[str], None], **_: Any) -> int:
        self.asked.append(argv)
        name = argv[argv.index("-s") + 1]
        bad = name in self.failing
        on_line(FAILED if bad else "all is well")
        if self.reports:
            told = {"sessions": [{"name": name, "result": "failed" if bad else "success"}]}
            Path(argv[argv.index("--report") + 1]).write_text(json.dumps(told))
        return int(bad)


def run(
    nox: Nox,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    only: str = "",
    words: tuple[str, ...] = (),
) -> tuple[int, list[Event]]:
    monkeypatch.setattr(process, "run", nox)
    events: list[Event] = []
    code = run_quick(config_of()._replace(root=root), only, words, events.append, clock=lambda: 0)
    return code, events


def test_all_quick_sessions_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nox = Nox()
    code, events = run(nox, tmp_path, monkeypatch)
    assert code == 0
    assert tuple(argv[4] for argv in nox.asked) == QUICK
    assert isinstance(events[-1], Finished)
    assert (events[-1].outcome, events[-1].summary) == ("passed", "5 of 5 sessions")


def test_one_that_fails_does_not_keep_the_others_from_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, events = run(Nox("lint", "unit"), tmp_path, monkeypatch)
    assert code == 1
    assert sum(isinstance(event, PhaseEnded) for event in events) == len(QUICK)
    failures = [event for event in events if isinstance(event, Failure)]
    assert [failure.message for failure in failures] == ["lint failed", "unit failed"]
    assert failures[1].details == (FAILED,)
    assert isinstance(events[-1], Finished)
    assert events[-1].summary == "3 of 5 sessions"
    assert events[-1].next_step == "`invoke test --only lint,unit`"


def test_all_that_it_said_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(Nox("unit"), tmp_path, monkeypatch, only="unit")
    assert (tmp_path / ".shipway/test/unit.log").read_text() == f"{FAILED}\n"


def test_words_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nox = Nox()
    run(nox, tmp_path, monkeypatch, only="unit", words=("-k", "parity"))
    assert nox.asked[0][-3:] == ("--", "-k", "parity")


def test_without_nox_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolError) as caught:
        run(Nox(reports=False), tmp_path, monkeypatch)
    assert "`scripts/setup` installs nox" in caught.value.remedy


def test_sessions_are_chosen_and_keep_their_order() -> None:
    assert sessions("") == QUICK
    assert sessions("unit, lint") == ("lint", "unit")


def test_a_session_that_is_not_quick_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError) as caught:
        sessions("unit,e2e")
    assert "e2e" in caught.value.message
    assert "lint, types, unit, backend, frontend" in caught.value.details[0]


def test_each_quick_session_is_one_of_nox_by_default(request: pytest.FixtureRequest) -> None:
    text = (request.config.rootpath / "noxfile.py").read_text()
    assert all(f"def {name}(session" in text for name in QUICK)


@pytest.mark.parametrize(
    "line",
    [
        FAILED,
        "ERROR tests/unit/test_a.py - ImportError",
        "deploy/dev.py:12: error: Incompatible types",
        "deploy/dev.py:12:5: E501 Line too long",
        " FAIL  src/App.test.tsx > shows it",
        "src/App.tsx(3,5): error TS2322: Type",
        "Found 3 errors.",
        "ASYNC110 Use `asyncio.Event`",
        "  --> deploy/dev.py:23:13",
    ],
)
def test_lines_that_name_a_failure_are_found_among_the_others(line: str) -> None:
    assert telling(["some output", f"\x1b[31m{line}\x1b[0m", "more output"]) == (line,)


def test_where_none_is_known_to_the_last_lines_are_told() -> None:
    lines = [f"line {number}" for number in range(100)]
    assert telling([*lines, ""]) == tuple(lines[-testing.SHOWN :])
