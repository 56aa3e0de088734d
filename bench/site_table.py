"""The site's figures as a table: aligned for a terminal, and Markdown for the documentation."""

import statistics
from collections.abc import Mapping, Sequence

from bench.site_tools import Run

Runs = Mapping[tuple[str, str], Sequence[Run]]  # by case and tool
HEAD = ("case", "tool", "seconds", "CPU s", "memory MB", "requests", "right")


def median(runs: Sequence[Run]) -> float:
    """Return the median of the runs' seconds on the wall."""
    return statistics.median(run.seconds for run in runs)


def table(measured: Runs) -> str:
    """Return one row for each case and tool: medians, of the last run its requests."""
    rows = [HEAD, *(row(*names, runs) for names, runs in measured.items())]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rule = ["-" * width for width in widths]
    lines = [rows[0], rule, *rows[1:]]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )


def row(case: str, tool: str, runs: Sequence[Run]) -> tuple[str, ...]:
    cpu = statistics.median(run.cpu for run in runs)
    memory = max(run.memory for run in runs) / 1e6
    right = "yes" if all(run.right for run in runs) else "**stale**"
    return (case, tool, f"{median(runs):.2f}", f"{cpu:.2f}", f"{memory:.0f}",
            told(runs[-1].requests), right)  # fmt: skip


def told(requests: Mapping[str, int]) -> str:
    """Return requests in short, such as "5,000 PUT, 5 LIST, 3 other"."""
    verbs = {"PutObject": "PUT", "HeadObject": "HEAD", "CreateInvalidation": "invalidation"}
    counts = {verb: requests.get(operation, 0) for operation, verb in verbs.items()}
    counts["LIST"] = requests.get("ListObjectsV2", 0) + requests.get("ListObjects", 0)
    counts["other"] = sum(requests.values()) - sum(counts.values())
    return ", ".join(f"{count:,} {verb}" for verb, count in counts.items() if count)
