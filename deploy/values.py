"""Values as JSON has them.

A value that nearly every task needs is a NamedTuple: Python 3.11 takes eight times as long to make
the class of a frozen dataclass (docs/speed.md), which is felt where a deploy has nothing to do.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def as_json(value: Any) -> Any:
    """Return a value for `json.dumps`: tuples and dataclasses by their fields' names, all through.

    A tuple without names is a list; what is not made of others stays as it is.
    """
    if (own := named(value)) is not None:
        return {name: as_json(each) for name, each in own.items()}
    if isinstance(value, Mapping):
        return {key: as_json(each) for key, each in value.items()}
    return [as_json(each) for each in value] if isinstance(value, tuple | list) else value


def named(value: Any) -> dict[str, Any] | None:
    """Return the fields of a named tuple or a dataclass by their names, None of anything else."""
    if hasattr(value, "_fields"):
        return {name: getattr(value, name) for name in value._fields}
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return None
