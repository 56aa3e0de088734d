"""The last line of a CI run: what all of its pytest and Vitest runs add up to.

`closing_line.py LOG EXIT_CODE` prints a line like pytest's own, such as `12 passed, 1 failed`.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
PYTEST = re.compile(r"^=*\s*(\d+ \w+.*) in [\d.]+s(?: \([\d:]+\))?\s*=*$")
VITEST = re.compile(r"^\s+Tests\s+(\d+ \w+.*) \(\d+\)$")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
SESSION = re.compile(r"^nox > \* (\S+): failed\b")  # in nox's closing summary


def count(lines: Iterable[str]) -> Counter[str]:
    """Add up the closing lines of pytest and Vitest in `lines`; an error counts as failed.

    A nox session that failed without a failed test (a linter, an installation) is counted under
    "sessions".
    """
    total: Counter[str] = Counter()
    failed_sessions = 0
    runs_with_failures = 0
    for line in (ESCAPES.sub("", raw).rstrip() for raw in lines):
        if SESSION.match(line):
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


if __name__ == "__main__":
    with Path(sys.argv[1]).open(errors="replace") as log:
        sys.stdout.write(closing_line(log, int(sys.argv[2])) + "\n")
