"""A load balancer with a listener and a target group, made through boto3."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.integration.local_cloud import Cloud, eventually

CHECK = {
    "HealthCheckPath": "/health",
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 2,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 2,
}


@dataclass
class Balancer:
    """What a test made. `close` deletes it."""

    cloud: Cloud
    name: str = field(default_factory=lambda: f"lb-{uuid.uuid4().hex[:12]}")
    arn: str = ""
    listener: str = ""
    group: str = ""
    groups: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.elb = self.cloud.client("elbv2")
        reply = self.elb.create_load_balancer(Name=self.name, Subnets=["subnet-1", "subnet-2"])
        self.arn = reply["LoadBalancers"][0]["LoadBalancerArn"]
        self.dns_name = reply["LoadBalancers"][0]["DNSName"]

    def make_group(self, **options: Any) -> str:
        reply = self.elb.create_target_group(
            Name=f"tg-{uuid.uuid4().hex[:12]}",
            Protocol="HTTP",
            Port=80,
            VpcId="vpc-00000001",
            TargetType="ip",
            **{**CHECK, **options},
        )
        arn: str = reply["TargetGroups"][0]["TargetGroupArn"]
        self.groups.append(arn)
        return arn

    def listen(self, *, port: int = 80, delay: int = 5, **options: Any) -> None:
        """Forward a listener to a new target group with `delay` seconds of draining."""
        self.group = self.make_group(**options)
        self.drain_for(delay)
        self.listen_with(port, {"Type": "forward", "TargetGroupArn": self.group})

    def listen_with(self, port: int, *actions: Any) -> None:
        reply = self.elb.create_listener(
            LoadBalancerArn=self.arn, Protocol="HTTP", Port=port, DefaultActions=list(actions)
        )
        self.listener = reply["Listeners"][0]["ListenerArn"]

    def drain_for(self, seconds: int) -> None:
        self.elb.modify_target_group_attributes(
            TargetGroupArn=self.group,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}],
        )

    def idle_after(self, seconds: int) -> None:
        """Set the idle timeout."""
        self.elb.modify_load_balancer_attributes(
            LoadBalancerArn=self.arn,
            Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": str(seconds)}],
        )

    @property
    def url(self) -> str:
        return self.cloud.listener_url(self.name)

    def register(self, *ports: int, group: str = "") -> None:
        self.elb.register_targets(
            TargetGroupArn=group or self.group,
            Targets=[{"Id": "127.0.0.1", "Port": port} for port in ports],
        )

    def deregister(self, port: int) -> None:
        self.elb.deregister_targets(
            TargetGroupArn=self.group, Targets=[{"Id": "127.0.0.1", "Port": port}]
        )

    def health(self, port: int, group: str = "") -> dict[str, Any]:
        """Return TargetHealth as described for one port."""
        reply = self.elb.describe_target_health(
            TargetGroupArn=group or self.group, Targets=[{"Id": "127.0.0.1", "Port": port}]
        )
        health: dict[str, Any] = reply["TargetHealthDescriptions"][0]["TargetHealth"]
        return health

    def state(self, port: int, group: str = "") -> str:
        return str(self.health(port, group)["State"])

    def until(self, port: int, state: str, *, group: str = "", seconds: float = 30) -> float:
        """Wait for a state; return how many seconds it took."""
        started = time.monotonic()
        eventually(lambda: self.state(port, group) == state, seconds)
        return time.monotonic() - started

    def get(self, path: str = "/", **options: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", trust_env=False, timeout=30, **options)

    def who(self, path: str = "/", **options: Any) -> str:
        """Return the name of the application that answered."""
        return str(self.get(path, **options).json()["name"])

    def close(self) -> None:
        self.elb.delete_load_balancer(LoadBalancerArn=self.arn)
        for group in self.groups:
            self.elb.delete_target_group(TargetGroupArn=group)
