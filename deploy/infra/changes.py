"""A plan's changes in words, each with its reason. Pure.

The stream of `terraform plan -json` says which resource changes; which of its attributes do is
only in `terraform show -json`, https://developer.hashicorp.com/terraform/internals/json-format
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.events import Change
from deploy.infra.stream import SIGNS, Message, subject

HIDDEN = "[REDACTED]"
BOTH = ("before", "after")
# https://developer.hashicorp.com/terraform/internals/machine-readable-ui#planned-change
REASONS = {
    "tainted": "replace: its creation failed half-way",
    "requested": "replace: asked for",
    "cannot_update": "replace: a change that AWS can't make in place",
    "replace_triggered_by": "replace: what it depends on is replaced",
    "delete_because_no_resource_config": "delete: no longer described",
    "delete_because_no_module": "delete: its module is no longer used",
    "delete_because_each_key": "delete: no longer in deploy.toml",
    "delete_because_count_index": "delete: fewer are wanted",
    "delete_because_wrong_repetition": "delete: it is described in another way",
}


@dataclass(frozen=True)
class Detail:
    """What changes in one resource. `before` and `after` are only set if one attribute does."""

    attributes: tuple[str, ...] = ()
    forcing: tuple[str, ...] = ()
    before: str | None = field(default=None)
    after: str | None = field(default=None)


def needs_details(found: Iterable[Message]) -> bool:
    """Whether the stream's changes leave open which attributes change."""
    return any(change["action"] in {"update", "replace"} for change in found)


def details(shown: Mapping[str, Any]) -> dict[str, Detail]:
    """Return address -> what changes, from the JSON of `terraform show -json <plan>`."""
    return {
        resource["address"]: _detail(resource["change"])
        for resource in shown.get("resource_changes", ())
        if None not in (resource["change"].get("before"), resource["change"].get("after"))
    }


def _detail(change: Mapping[str, Any]) -> Detail:
    before, after = _flat(change["before"]), _flat(change["after"])
    unknown = {name for name, is_so in _flat(change.get("after_unknown")).items() if is_so is True}
    known = {name for name in after if after[name] != before.get(name)}
    # `tags_all` repeats `tags`, and an `id` that is not known yet says nothing.
    names = tuple(sorted((known | unknown) - {"tags_all", "id", "arn"}))
    forcing = tuple(sorted({str(path[0]) for path in change.get("replace_paths", ()) if path}))
    if len(names) != 1 or names[0] in unknown:
        return Detail(names, forcing)
    if any(_is_sensitive(change.get(f"{when}_sensitive"), names[0]) for when in BOTH):
        return Detail(names, forcing, HIDDEN, HIDDEN)
    return Detail(names, forcing, str(before.get(names[0])), str(after[names[0]]))


def _flat(values: Any) -> dict[str, Any]:
    """Return the attributes; those of a block that occurs once as `block.attribute`."""
    flat: dict[str, Any] = {}
    for name, value in (values if isinstance(values, Mapping) else {}).items():
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
            flat |= {f"{name}.{inner}": part for inner, part in value[0].items()}
        else:
            flat[name] = value
    return flat


def _is_sensitive(marks: Any, name: str) -> bool:
    """Whether anything in the attribute's block is marked: rather hide too much."""
    block = name.partition(".")[0]
    return marks is True or (isinstance(marks, Mapping) and _marked(marks.get(block)))


def _marked(marks: Any) -> bool:
    if isinstance(marks, Mapping):
        return any(_marked(part) for part in marks.values())
    return marks is True or (isinstance(marks, list) and any(_marked(part) for part in marks))


def changes(found: Iterable[Message], detailed: Mapping[str, Detail]) -> tuple[Change, ...]:
    """Return the plan's lines: each planned change of the stream with its reason."""
    return tuple(
        _change(planned, detailed.get(planned["resource"]["addr"], Detail())) for planned in found
    )


def _change(planned: Message, detail: Detail) -> Change:
    action = planned["action"]
    return Change(
        sign=SIGNS[action],
        subject=subject(planned["resource"]["addr"]),
        reason=_reason(action, planned.get("reason", ""), detail),
        before=detail.before,
        after=detail.after,
    )


def _reason(action: str, reason: str, detail: Detail) -> str:
    if action == "replace" and detail.forcing:
        return f"replace: {', '.join(detail.forcing)} can't be changed in place"
    if reason:
        return REASONS.get(reason, f"{action}: {reason.replace('_', ' ')}")
    if action == "update":
        return f"changed: {', '.join(detail.attributes)}" if detail.attributes else "changed"
    return {"create": "new", "delete": "delete: no longer wanted"}.get(action, action)
