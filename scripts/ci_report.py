"""The end of a CI run's log: what failed, once more, and what all test runs add up to.

`ci_report.py LOG EXIT_CODE` prints the names of what failed, which in a log of 40 minutes stand far
apart, and a closing line like pytest's own, such as `12 passed, 1 failed`.
"""

import re
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
PYTEST = re.compile(r"^=*\s*(\d+ \w+.*) in [\d.]+s(?: \([\d:]+\))?\s*=*$")
VITEST = re.compile(r"^\s+Tests\s+(\d+ \w+.*) \(\d+\)$")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
STARTS = re.compile(r"^nox > Running session (\S+)$")
ENDS = re.compile(r"^nox > Session (\S+) failed\b")
FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (\S+::.*)$|^ FAIL  (\S.*)$")  # pytest's -ra; Vitest's
LAST_LINES = 15
WIDTH = 200  # of a failure; all of it stands above


def count(lines: Iterable[str]) -> Counter[str]:
    """Add up the closing lines of pytest and Vitest in `lines`; an error counts as failed.

    A nox session that failed without a failed test (a linter, an installation) is counted under
    "sessions".
    """
    total: Counter[str] = Counter()
    failed_sessions = 0
    runs_with_failures = 0
    for line in map(_plain, lines):
        if ENDS.match(line):
            failed_sessions += 1
        elif found := PYTEST.match(line) or VITEST.match(line):
            run = {kind.rstrip("s"): int(number) for number, kind in COUNT.findall(found[1])}
            total["passed"] += run.get("passed", 0)
            total["skipped"] += run.get("skipped", 0)
            total["failed"] += run.get("failed", 0) + run.get("error", 0)
            runs_with_failures += bool(run.get("failed", 0) + run.get("error", 0))
    total["sessions"] = max(0, failed_sessions - runs_with_failures)
    return total


def closing_line(lines: Iterable[str], exit_code: int) -> str:
    """Return `N passed, N failed`; never 0 failed when `exit_code` says that something did."""
    total = count(lines)
    failed = total["failed"] + total["sessions"]
    if exit_code and not failed:
        failed = 1
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    return f"{total['passed']} passed, {failed} failed{skipped}"


def failures(lines: Iterable[str], exit_code: int) -> Iterator[str]:
    """Give a line for each test that failed or could not be set up: `FAILED name - reason`.

    A session that failed without one (a linter, an installation) is told by its last lines, and so
    is a run that failed before any session did.
    """
    named: dict[str, None] = {}
    told = False
    last: deque[str] = deque(maxlen=LAST_LINES)
    for line in map(_plain, lines):
        if STARTS.match(line):
            named.clear()
            last.clear()
        elif found := ENDS.match(line):
            yield from named or _unnamed(f"session {found[1]}", last)
            told = True
        elif found := FAILED_TEST.match(line):
            named[f"FAILED {found[1] or found[2]}"[:WIDTH]] = None
        else:
            last.append(line)
    if exit_code and not told:
        yield from named or _unnamed(f"exit code {exit_code}", last)


def _unnamed(what: str, last: Iterable[str]) -> Iterator[str]:
    yield f"FAILED {what}, after:"
    yield from (f"    {line}" for line in last)


def _plain(line: str) -> str:
    return ESCAPES.sub("", line).rstrip()


if __name__ == "__main__":
    log = Path(sys.argv[1]).read_text(errors="replace").splitlines()
    code = int(sys.argv[2])
    for line in (*failures(log, code), closing_line(log, code)):
        sys.stdout.write(line + "\n")
