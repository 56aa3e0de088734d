"""RegisterTargets, DeregisterTargets and DescribeTargetHealth.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

from localcloud.elb.health import Health
from localcloud.elb.model import TargetGroup
from localcloud.elb.targets import Key, TargetRegistry
from localcloud.ports import Address
from localcloud.wire import ApiError

ACTIONS = frozenset({"RegisterTargets", "DeregisterTargets", "DescribeTargetHealth"})


class TargetApi:
    """The ELBv2 calls about targets, in the engine's loop."""

    def __init__(self, targets: TargetRegistry) -> None:
        self._targets = targets

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one of `ACTIONS`. Raises ApiError."""
        group = self._targets.group(body["TargetGroupArn"])
        if group is None:
            raise ApiError("TargetGroupNotFound", "One or more target groups not found")
        if action == "RegisterTargets":
            return self._register(group, body["Targets"])
        if action == "DeregisterTargets":
            return self._deregister(group, body["Targets"])
        return self._describe(group, body.get("Targets", ()))

    def _register(self, group: TargetGroup, items: list[dict[str, Any]]) -> dict[str, Any]:
        for item in items:
            _check_id(group, item["Id"])
        for item in items:
            port = item.get("Port", group.port)
            self._targets.register(group.arn, item["Id"], port, Address(item["Id"], port))
        return {}

    def _deregister(self, group: TargetGroup, items: list[dict[str, Any]]) -> dict[str, Any]:
        for item in items:
            for key in self._named(group, item):
                self._targets.deregister(key.group, key.target, key.port)
        return {}

    def _named(self, group: TargetGroup, item: Mapping[str, Any]) -> list[Key]:
        return [
            key
            for key in self._targets.of_group(group.arn)
            if key.target == item["Id"] and item.get("Port", key.port) == key.port
        ]

    def _describe(self, group: TargetGroup, items: list[dict[str, Any]]) -> dict[str, Any]:
        asked = [Key(group.arn, item["Id"], item.get("Port", group.port)) for item in items]
        keys = asked or self._targets.of_group(group.arn)
        shown = [_description(key, self._targets.health(key), group) for key in keys]
        return {"TargetHealthDescriptions": shown}


def _check_id(group: TargetGroup, target: str) -> None:
    if group.target_type != "ip":
        raise ApiError(
            "InvalidTarget",
            f"The local cloud has no {group.target_type} targets: "
            f"use a target group of target type ip ('{target}')",
        )
    try:
        ipaddress.ip_address(target)
    except ValueError as error:
        text = f"The IP address '{target}' is not a valid IPv4 or IPv6 address"
        raise ApiError("ValidationError", text) from error


def _description(key: Key, health: Health, group: TargetGroup) -> dict[str, Any]:
    check = group.check.port or key.port
    reason = {"Reason": health.reason, "Description": health.description} if health.reason else {}
    return {
        "Target": {"Id": key.target, "Port": key.port},
        "HealthCheckPort": check,
        "TargetHealth": {"State": health.state.value, **reason},
    }
