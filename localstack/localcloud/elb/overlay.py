"""What MiniStack 1.5.33 forgets of listeners and rules: weighted forwards and query conditions."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from localcloud.wire import xml_members

_NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
_ARN = re.compile(rb"<(?:ListenerArn|RuleArn)>([^<]+)<")
_ACTIONS = ("DefaultActions", "Actions")

ET.register_namespace("", _NAMESPACE)


class Overlay:
    """Remembers, by ARN, the parts of a create or modify call that MiniStack does not keep."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[str, Any]] = {}

    def note(self, reply: bytes, body: Mapping[str, Any]) -> None:
        """Take the input `body` of a call that made or changed what its XML `reply` names."""
        found = _ARN.search(reply)
        parts = self._parts.setdefault(found[1].decode(), {}) if found else {}
        for name in (*_ACTIONS, "Conditions"):
            if name in body:
                parts.pop(name, None)
                if _forgotten(name, body[name]):
                    parts[name] = [_completed(item) for item in body[name]]

    def on(self, arn: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return a description of `arn` with the forgotten parts put back."""
        return {**data, **self._parts.get(arn, {})}

    def restore(self, reply: bytes) -> bytes:
        """Return an XML reply with the forgotten parts of what it describes put back."""
        touched = [arn.decode() for arn in _ARN.findall(reply)]
        if not any(self._parts.get(arn) for arn in touched):
            return reply
        tree = ET.fromstring(reply)  # noqa: S314 - MiniStack's own, in this process
        for member, arn in _described(tree):
            for name, value in self._parts.get(arn, {}).items():
                _replace(member, name, value)
        return ET.tostring(tree)


def _forgotten(name: str, items: list[dict[str, Any]]) -> bool:
    lost = "ForwardConfig" if name in _ACTIONS else "QueryStringConfig"
    return any(lost in item for item in items)


def _completed(item: dict[str, Any]) -> dict[str, Any]:
    """Add what AWS adds to a forward: its defaults, and the ARN if there is but one group."""
    if "ForwardConfig" not in item:
        return item
    groups = [{"Weight": 1, **group} for group in item["ForwardConfig"].get("TargetGroups", ())]
    sticky = {"TargetGroupStickinessConfig": {"Enabled": False}}
    only = {"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}
    config = {**sticky, **item["ForwardConfig"], "TargetGroups": groups}
    return {"Order": 1, **item, **only, "ForwardConfig": config}


def _described(tree: ET.Element) -> Iterator[tuple[ET.Element, str]]:
    for member in tree.iter(f"{{{_NAMESPACE}}}member"):
        # A rule's own ARN comes first: a rule may name its listener as well.
        for name in ("RuleArn", "ListenerArn"):
            arn = member.findtext(f"{{{_NAMESPACE}}}{name}")
            if arn:
                yield member, arn
                break


def _replace(member: ET.Element, name: str, value: Any) -> None:
    old = member.find(f"{{{_NAMESPACE}}}{name}")
    if old is not None:
        member.remove(old)
    text = f'<{name} xmlns="{_NAMESPACE}">{xml_members(value)}</{name}>'
    member.append(ET.fromstring(text))  # noqa: S314 - rendered above
