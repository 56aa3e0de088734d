"""A release in GitHub's Markdown, for the summary of a step. Pure.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
"""

from collections.abc import Collection, Iterable, Iterator

from deploy.console import duration
from deploy.release.history import state
from deploy.release.record import PhaseRecord, Record
from deploy.release.shown import LIVE, Seen, commit, given, outcomes, part_name, title, took


def markdown(record: Record, seen: Seen) -> str:
    """Return a release as a heading, its facts, its parts, and folded its phases and its plan."""
    told = state(record, seen.token)
    good = record.exit_code == 0
    facts = [
        f"release {code(record.id)}",
        *([f"commit {code(commit(record))}"] if record.commit else []),
        f"by {cell(record.by)}",
        *([took(record, seen)] if took(record, seen) else []),
    ]
    where = f"{title(record)}, {record.environment}"
    blocks = [
        f"### {'✅' if good else '❌'} {cell(where)}: {cell(told)}",
        " · ".join(facts),
        cell(record.summary),
        _table(("part", "outcome", "runs", "before", "live"), _part_cells(record, seen)),
        _folded("Phases", _table(("phase", "took", ""), map(_phase_cells, record.phases))),
        _folded("Plan", _fenced(record.plan)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _part_cells(record: Record, seen: Seen) -> Iterator[tuple[str, ...]]:
    live = seen.parts(record)
    for part, outcome in outcomes(record):
        gave, before = given(record, part)
        name = cell(part_name(part))
        yield name, cell(outcome or "begun"), code(gave), code(before), LIVE if part in live else ""


def _phase_cells(phase: PhaseRecord) -> tuple[str, ...]:
    mark = "✓" if phase.ok else "✗"
    return f"{mark} {cell(phase.name)}", duration(phase.seconds), cell(phase.detail)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    told = [f"| {' | '.join(cells)} |" for cells in rows]
    head = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return "\n".join([*head, *told]) if told else ""


def _folded(name: str, content: str) -> str:
    return f"<details><summary>{name}</summary>\n\n{content}\n\n</details>" if content else ""


def _fenced(lines: Collection[str]) -> str:
    """Nothing in the lines ends the block: its fence is longer than any in them."""
    text = "\n".join(lines)
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}diff\n{text}\n{fence}" if lines else ""


def cell(text: str) -> str:
    """Return text that Markdown shows as it is, in a table too."""
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return "".join(f"\\{c}" if c in "\\`*_[]|#~!" else c for c in shown)


def code(text: str) -> str:
    """Return text as code, empty if it is empty. An id or an ARN has no backticks."""
    kept = text.replace("`", "'").replace("|", "/")
    return f"`{kept}`" if text else ""
