"""The whole task definition as a diff that a reviewer reads. Pure."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.service.diff import (
    KEYS,
    NOT_COMPARED,
    REDACTED,
    UNORDERED,
    VARIABLES,
    Definition,
    fields,
    leaves,
    shown_value,
)

FIRST = ("family", "name")  # of an object's keys: what says which one it is
MOVED = f"{REDACTED} (another value)"


def definition_diff(request: Definition, running: Definition | None) -> tuple[str, ...]:
    """Return the definition line by line as JSON, each line after "+", "-" or " ".

    `running` is what runs now, None before the first release. What means the same to ECS is
    written the same: without defaults and what ECS adds, keys in order, variables as one object.
    Values that look secret are redacted; one that changes says so.
    """
    before = _lines(running, {}) if running else []
    after = _lines(request, leaves(running or {}))
    return tuple(_marked(before, after))


def _marked(before: list[str], after: list[str]) -> Iterator[str]:
    """Yield all lines with their marks; a comma that only a neighbour brought is no change."""
    old, new = ([line.rstrip(",") for line in lines] for lines in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, start, end in matcher.get_opcodes():
        if tag == "equal":
            yield from (f" {line}" for line in after[start:end])
        else:
            yield from (f"-{line}" for line in before[old_start:old_end])
            yield from (f"+{line}" for line in after[start:end])


def _lines(definition: Definition, other: Mapping[str, str]) -> list[str]:
    own = {key: value for key, value in definition.items() if key not in NOT_COMPARED}
    return json.dumps(_Document(other).node("$", "", own), indent=2, ensure_ascii=False).split("\n")


class _Document:
    """Writes a definition anew; `other` are the leaves of the one that it is compared with."""

    def __init__(self, other: Mapping[str, str]) -> None:
        self.other = other

    def node(self, path: str, parent: str, node: Any) -> Any:
        if isinstance(node, Mapping):
            told = sorted(fields(parent, node), key=lambda pair: (pair[0] not in FIRST, pair[0]))
            return {key: self.node(f"{path}.{key}", key, value) for key, value in told}
        if isinstance(node, list) and parent in KEYS:
            return self._named(path, parent, node)
        if isinstance(node, list):
            entries = sorted(node) if parent in UNORDERED else node
            return self._shown(path, json.dumps(entries, sort_keys=True), entries)
        return self._shown(path, node if isinstance(node, str) else json.dumps(node), node)

    def _named(self, path: str, parent: str, entries: list[Any]) -> Any:
        name = KEYS[parent]
        named = {name(entry): entry for entry in sorted(entries, key=name)}
        if parent not in VARIABLES:
            return [self.node(f"{path}[{key}]", parent, entry) for key, entry in named.items()]
        values = {
            key: entry.get("value", entry.get("valueFrom", "")) for key, entry in named.items()
        }
        return {key: self._shown(f"{path}[{key}]", str(values[key]), values[key]) for key in values}

    def _shown(self, path: str, text: str, value: Any) -> Any:
        if shown_value(path, text) != REDACTED:
            return value
        return REDACTED if self.other.get(path, text) == text else MOVED
