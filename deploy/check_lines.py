"""One check of `invoke doctor` as lines for people, 80 columns wide. Pure."""

import textwrap

from deploy.events import Checked

COLUMNS = 80
VERDICT, NAME = 4, 22  # characters of the columns
STYLES = {"OK": "green", "SKIP": "dim", "NG": "bold red"}


def check_lines(event: Checked, group: str) -> list[tuple[str, str]]:
    """Return lines and their styles; `group` is the one that the line before is of."""
    head = [] if event.group == group else [(event.group, "bold")]
    start = f"  {event.verdict:<{VERDICT}}  {event.name:<{NAME}}  "
    style = STYLES[event.verdict]
    found = [(line, style) for line in _folded(event.found, start, " " * len(start))]
    indent = " " * (VERDICT + 4)
    remedy = _folded(event.remedy, f"{indent}→ ", f"{indent}  ") if event.remedy else []
    return [*head, *found, *((line, "cyan") for line in remedy)]


def _folded(text: str, first: str, others: str) -> list[str]:
    """Fold at spaces only: a path, an ARN or a URL stays whole, so that it can be copied."""
    return textwrap.wrap(
        text,
        COLUMNS,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
