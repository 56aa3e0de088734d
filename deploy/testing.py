"""`invoke test`: the quick sessions of noxfile.py one after the other, and what failed in them."""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import process
from deploy.config.model import STATE, Config
from deploy.errors import ConfigError, ToolError
from deploy.events import Emit, Failure, Finished, PhaseEnded, PhaseOutput, PhaseStarted
from deploy.selection import listed

QUICK = ("lint", "types", "unit", "backend", "frontend")
FOLDER = Path(STATE, "test")
# How ruff, mypy, pytest, vitest, tsc and nox name what failed.
TELLING = re.compile(
    r"(FAILED |ERROR |\s*FAIL |\S+:\d+(:\d+)?: |\S+\(\d+,\d+\): error|Found \d+ "
    r"|[A-Z]{1,6}\d{3,4} |\s+--> )"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SHOWN = 15  # lines of each session that failed

Clock = Callable[[], float]


@dataclass(frozen=True)
class Tested:
    """How a session ended; `lines` are what it printed."""

    name: str
    ok: bool
    lines: tuple[str, ...]


def sessions(only: str) -> tuple[str, ...]:
    """Return the names that `--only` chose, all quick ones for "". Raises ConfigError."""
    chosen = listed(only) or QUICK
    unknown = [name for name in chosen if name not in QUICK]
    if unknown:
        raise ConfigError(
            f"--only: no quick session is named {', '.join(unknown)}",
            details=[f"quick are: {', '.join(QUICK)}"],
            remedy="`.venv/bin/nox --list` shows the others; `.venv/bin/nox -s NAME` runs one",
        )
    return tuple(name for name in QUICK if name in chosen)


def run_quick(
    config: Config,
    only: str,
    words: Sequence[str],
    emit: Emit,
    *,
    clock: Clock = time.monotonic,
) -> int:
    """Run the sessions that `only` names, each to its end; `words` are given to the tests.

    Returns 0, or 1 if one of them failed: then what failed is told. Raises ConfigError for a
    session that is not known, ToolError if nox is not there.
    """
    started = clock()
    ended = [_run(config.root, name, words, emit, clock) for name in sessions(only)]
    bad = [each for each in ended if not each.ok]
    for each in bad:
        log = FOLDER / f"{each.name}.log"
        emit(Failure(f"{each.name} failed", telling(each.lines), f"all that it said: {log}"))
    summary = f"{len(ended) - len(bad)} of {len(ended)} sessions"
    again = f"`invoke test --only {','.join(each.name for each in bad)}`" if bad else ""
    outcome = "failed" if bad else "passed"
    emit(Finished(outcome, int(bool(bad)), clock() - started, summary, next_step=again))
    return int(bool(bad))


def telling(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that name what failed; where none is known to, the last ones."""
    plain = [COLOUR.sub("", line) for line in lines]
    named = [line for line in plain if TELLING.match(line)]
    return tuple((named or [line for line in plain if line.strip()])[-SHOWN:])


def _run(root: Path, name: str, words: Sequence[str], emit: Emit, clock: Clock) -> Tested:
    started = clock()
    emit(PhaseStarted(name))
    lines: list[str] = []

    def receive(line: str) -> None:
        lines.append(line)
        emit(PhaseOutput(name, line))

    ok = _nox(root, name, words, receive)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / f"{name}.log").write_text("".join(f"{line}\n" for line in lines))
    emit(PhaseEnded(name, ok=ok, seconds=clock() - started))
    return Tested(name, ok, tuple(lines))


def _nox(root: Path, name: str, words: Sequence[str], receive: Callable[[str], None]) -> bool:
    """Run one session; whether it succeeded is what nox reports, not what it prints.

    Raises ToolError if there is no report: nox is missing, or did not get as far as the session.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        argv = (sys.executable, "-m", "nox", "-s", name, "--report", str(report))
        more = ("--", *words) if words else ()
        process.run((*argv, *more), cwd=root, on_line=receive, ok_codes=frozenset(range(256)))
        if not report.exists():
            raise ToolError(
                f"nox did not run the session {name}",
                remedy="`scripts/setup` installs nox into .venv; `.venv/bin/nox --list` tests it",
            )
        found = json.loads(report.read_text())
    return all(each["result"] == "success" for each in found["sessions"])
