"""A site's deploy beside its peers, in one run: `nox -s bench -- site`.

Shipway is measured as it is used: `invoke deploy-frontend`, a process in a project of its own. All
tools deploy the same folder to the same server (bench/s3_server.py), each to a bucket of its own,
in turn; a figure is the median of its runs. The file cache is warm.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import site_files
from bench.report import report
from bench.site_table import median, table
from bench.site_tools import OURS, Run, Server, Tool, configure, tools

SMALL, LARGE = 5_000, 100_000  # files
# A run that takes less than this many seconds is made so often in each round: such runs differ by a
# tenth, and by more of it the less they take.
QUICK, REPEATED = 1.0, 5
FIRST, SAME, TOUCHED = "first upload", "no change", "touched, same content"
EDITED, HEADERS = "one edited, same size", "only headers changed"


class Measured(defaultdict[tuple[str, str], list[Run]]):
    """Runs by case and tool, in the order in which they were first run."""

    def __init__(self, files: int) -> None:
        super().__init__(list)
        self.files = files

    def fastest(self, case: str) -> tuple[float, str]:
        """Return the seconds and the name of the fastest peer."""
        return min(
            (median(runs), tool)
            for (measured, tool), runs in self.items()
            if measured == case and tool != OURS
        )

    def ours(self, case: str) -> float:
        return median(self[case, OURS])


def main(rounds: int, *, small: bool, latency: float) -> None:
    """Measure and print. `rounds` of everything; `small` leaves out the 100,000 files; `latency`,
    in seconds, stands for a network and S3's own time.
    """
    measured = small_site(rounds, latency)
    show(measured)
    promises(measured)
    if not small:
        measured = large_site(rounds, latency)
        show(measured)
        beside(measured, SAME, f"{measured.files:,} files, no change")


def show(measured: Measured) -> None:
    print(f"\n{measured.files:,} files, medians\n\n{table(measured)}\n", flush=True)


def small_site(rounds: int, latency: float) -> Measured:
    """Measure every case with the small site."""
    measured = Measured(SMALL)
    with prepared(SMALL, latency) as (server, site, every):
        for number in range(rounds):
            print(f"round {number + 1} of {rounds} ...", flush=True)
            cases(measured, server, site, rotated(every, number), number)
    return measured


def cases(measured: Measured, server: Server, site: Path, every: list[Tool], number: int) -> None:
    def each(case: str, who: Iterable[Tool] = every) -> None:
        for tool in who:
            measured[case, tool.name].append(tool.run(server, site))

    def often(case: str, before: Callable[[], None]) -> None:
        before()
        each(case)
        quick = [tool for tool in every if measured[case, tool.name][-1].seconds < QUICK]
        for turn in range(1, REPEATED):
            before()
            each(case, rotated(quick, turn))

    ours = [tool for tool in every if tool.name == OURS]
    configure(ours[0].folder, server, site)
    server.post("/_reset")
    site_files.age(site)
    each(FIRST)
    often(SAME, lambda: None)
    often(TOUCHED, lambda: site_files.touch(site))
    site_files.age(site)  # the slow ones have not seen the last touch: let all know the files again
    for tool in every:
        tool.run(server, site)
    site_files.edit(site, number)
    each(EDITED)
    configure(ours[0].folder, server, site, '"static/0/*" = "public, max-age=60"')
    each(HEADERS, ours)


def large_site(rounds: int, latency: float) -> Measured:
    """Measure what nothing to do costs with the large site, once Shipway has uploaded it.

    The peers' buckets are copies of that: their own first upload would take many minutes.
    """
    measured = Measured(LARGE)
    with prepared(LARGE, latency) as (server, site, every):
        measured[FIRST, OURS].append(every[0].run(server, site))
        for tool in every[1:]:
            server.post(f"/_clone?source={OURS}&target={tool.name}")
        for number in range(rounds):
            print(f"round {number + 1} of {rounds} ...", flush=True)
            for tool in rotated(every, number):
                measured[SAME, tool.name].append(tool.run(server, site))
    return measured


@contextmanager
def prepared(count: int, latency: float) -> Iterator[tuple[Server, Path, tuple[Tool, ...]]]:
    """Yield a server, a site of so many files, and the tools to deploy it with."""
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as name:
        folder = Path(name)
        site = folder / "frontend" / "dist"
        size = site_files.make(site, count)
        site_files.age(site)
        print(f"\n{count:,} files, {size / 1e6:.1f} MB", flush=True)
        server = Server(latency)
        try:
            warm_up(server, folder / "warm")
            yield server, site, tools(server, site, folder)
        finally:
            server.stop()


def warm_up(server: Server, folder: Path) -> None:
    """Run each tool once with a few files, so that their own files are in the cache."""
    site = folder / "frontend" / "dist"
    site_files.make(site, 10)
    for tool in tools(server, site, folder):
        tool.run(server, site)
    server.post("/_reset")


def rotated(every: Sequence[Tool], by: int) -> list[Tool]:
    """Return the tools with another one first in each round."""
    start = by % max(1, len(every))
    return [*every[start:], *every[:start]]


def promises(measured: Measured) -> None:
    """Print what became of each promise."""
    ours, aws = measured.ours(FIRST), median(measured[FIRST, "aws"])
    report("first upload: aws / ours", aws / ours, ">=", 5, f"{aws:.1f} / {ours:.2f} s")
    for case in (FIRST, SAME, TOUCHED):
        beside(measured, case, case)
    for case, number in ((EDITED, 1), (HEADERS, site_files.RETAGGED)):
        last = measured[case, OURS][-1].requests
        note = f"{last.get('CreateInvalidation', 0)} invalidation"
        report(f"{case}: PUTs", last.get("PutObject", 0), "<=", number, note)
    wrong = sum(
        not run.right for (_, tool), runs in measured.items() for run in runs if tool == OURS
    )
    report("runs of ours that left the bucket wrong", wrong, "<=", 0, "content by MD5, every run")


def beside(measured: Measured, case: str, what: str) -> None:
    """Print whether Shipway is at least as fast as the fastest peer."""
    seconds, peer = measured.fastest(case)
    ours = measured.ours(case)
    report(f"{what}: ours / {peer}", ours / seconds, "<=", 1, f"{ours:.2f} / {seconds:.2f} s")
