"""The whole task definition as a diff that a reviewer reads. Pure."""

import difflib
import json
from collections.abc import Mapping
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
HEAD = 3  # lines that difflib puts before a diff: two file names and a range


def definition_diff(request: Definition, running: Definition | None) -> tuple[str, ...]:
    """Return the definition line by line as JSON, each line after "+", "-" or " ".

    `running` is what runs now, None before the first release. What means the same to ECS is
    written the same: without defaults and what ECS adds, keys in order, variables as one object.
    Values that look secret are redacted; one that changes says so.
    """
    before = _lines(running, {}) if running else []
    after = _lines(request, leaves(running or {}))
    diff = list(difflib.unified_diff(before, after, n=len(before) + len(after), lineterm=""))
    return tuple(diff[HEAD:]) or tuple(f" {line}" for line in after)


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
