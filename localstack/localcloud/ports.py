"""What the parts of the local cloud may know of each other."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class TargetState(StrEnum):
    """The target health states of Elastic Load Balancing that occur here.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    UNUSED = "unused"


@dataclass(frozen=True)
class Address:
    """Where the data plane really connects, which need not be what the target is called."""

    host: str
    port: int


class Targets(Protocol):
    """The targets of all target groups. Every call is made in the engine's loop."""

    def register(self, group_arn: str, target_id: str, port: int, address: Address) -> None:
        """Begin to probe the target; it gets traffic as its group's health checks allow."""

    def deregister(self, group_arn: str, target_id: str, port: int) -> None:
        """Drain for the group's deregistration delay, then forget.

        Requests in flight have that long to finish; what is still open then is cut off.
        """

    def state(self, group_arn: str, target_id: str, port: int) -> tuple[TargetState, str]:
        """Return the state and its reason code ("" if healthy).

        An unknown target is `(UNUSED, "Target.NotRegistered")`.
        """
        ...

    def drained(self, group_arn: str, target_id: str, port: int) -> bool:
        """Whether the target is no longer draining."""
        ...


class JsonApi(Protocol):
    """A service that speaks JSON 1.1."""

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one API call, or raise `localcloud.wire.ApiError`."""
        ...
