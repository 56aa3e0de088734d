"""A view of the load balancers that MiniStack keeps, as frozen values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localcloud.elb.health import HealthCheck
from localcloud.elb.matcher import parse_matcher
from localcloud.elb.rules import Condition

_CONFIGS = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}


@dataclass(frozen=True)
class Action:
    """What is done with a request: `forward` holds (target group's ARN, weight) pairs."""

    kind: str
    forward: tuple[tuple[str, int], ...] = ()
    redirect: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Listener:
    """One listener; `rules` come in the order in which they are tried, the default rule last."""

    arn: str
    load_balancer: str  # its ARN
    port: int  # as declared
    protocol: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class LoadBalancer:
    """One load balancer. `idle_timeout` is in seconds."""

    arn: str
    name: str
    dns_name: str
    idle_timeout: float = 60


@dataclass(frozen=True)
class TargetGroup:
    """One target group. `deregistration_delay` is in seconds; `port` is its targets' default."""

    arn: str
    name: str
    protocol: str
    port: int
    check: HealthCheck
    deregistration_delay: float = 300
    target_type: str = "instance"


@dataclass(frozen=True)
class Snapshot:
    """All of one account and region at one moment, by ARN."""

    load_balancers: Mapping[str, LoadBalancer] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    groups: Mapping[str, TargetGroup] = field(default_factory=dict)

    def used_groups(self) -> frozenset[str]:
        """Return the ARNs of the target groups to which some rule forwards."""
        return frozenset(
            arn
            for listener in self.listeners.values()
            for rule in listener.rules
            for action in rule.actions
            for arn, _ in action.forward
        )


def merge(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return one snapshot of several accounts and regions."""
    merged = Snapshot({}, {}, {})
    for snapshot in snapshots:
        merged = Snapshot(
            {**merged.load_balancers, **snapshot.load_balancers},
            {**merged.listeners, **snapshot.listeners},
            {**merged.groups, **snapshot.groups},
        )
    return merged


def attributes(reply: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes of a Describe...Attributes reply as a mapping."""
    return {item["Key"]: item.get("Value", "") for item in reply.get("Attributes", ())}


def parse_load_balancer(data: Mapping[str, Any], attrs: Mapping[str, str]) -> LoadBalancer:
    return LoadBalancer(
        data["LoadBalancerArn"],
        data["LoadBalancerName"],
        data["DNSName"],
        float(attrs.get("idle_timeout.timeout_seconds", 60)),
    )


def parse_group(data: Mapping[str, Any], attrs: Mapping[str, str]) -> TargetGroup:
    return TargetGroup(
        data["TargetGroupArn"],
        data["TargetGroupName"],
        data.get("Protocol", "HTTP"),
        data.get("Port", 80),
        _check(data),
        float(attrs.get("deregistration_delay.timeout_seconds", 300)),
        data.get("TargetType", "instance"),
    )


def _check(data: Mapping[str, Any]) -> HealthCheck:
    port = data.get("HealthCheckPort", "traffic-port")
    return HealthCheck(
        data.get("HealthCheckProtocol", "HTTP"),
        data.get("HealthCheckPath", "/"),
        None if port == "traffic-port" else int(port),
        data.get("HealthCheckIntervalSeconds", 30),
        data.get("HealthCheckTimeoutSeconds", 5),
        data.get("HealthyThresholdCount", 5),
        data.get("UnhealthyThresholdCount", 2),
        parse_matcher(data.get("Matcher", {}).get("HttpCode", "200")),
    )


def parse_listener(data: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> Listener:
    """Build a listener from its description and those of its rules, the default one included."""
    ordered = sorted(rules, key=lambda rule: (rule["Priority"] == "default", _priority(rule)))
    parsed = tuple(
        Rule(
            tuple(_condition(item) for item in rule.get("Conditions", ())),
            _actions(rule.get("Actions", ())),
        )
        for rule in ordered
        if rule["Priority"] != "default"
    )
    default = Rule((), _actions(data.get("DefaultActions", ())))
    return Listener(
        data["ListenerArn"],
        data["LoadBalancerArn"],
        data.get("Port", 80),
        data.get("Protocol", "HTTP"),
        (*parsed, default),
    )


def _priority(rule: Mapping[str, Any]) -> int:
    return int(rule["Priority"]) if rule["Priority"].isdigit() else 0


def _actions(items: Sequence[Mapping[str, Any]]) -> tuple[Action, ...]:
    ordered = sorted(items, key=lambda item: int(item.get("Order", 1)))
    return tuple(
        Action(
            item["Type"],
            _forward(item),
            item.get("RedirectConfig", {}),
            item.get("FixedResponseConfig", {}),
        )
        for item in ordered
    )


def _forward(item: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    groups = item.get("ForwardConfig", {}).get("TargetGroups", ())
    if groups:
        return tuple((group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups)
    return ((item["TargetGroupArn"], 1),) if "TargetGroupArn" in item else ()


def _condition(data: Mapping[str, Any]) -> Condition:
    name = data["Field"]
    if name == "query-string":
        pairs = data.get("QueryStringConfig", {}).get("Values", ())
        return Condition(name, tuple((pair.get("Key", ""), pair["Value"]) for pair in pairs))
    if name == "http-header":
        config = data.get("HttpHeaderConfig", {})
        return Condition(name, tuple(config.get("Values", ())), config.get("HttpHeaderName", ""))
    config = data.get(_CONFIGS.get(name, ""), {})
    return Condition(name, tuple(config.get("Values", ()) or data.get("Values", ())))
