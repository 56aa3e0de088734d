"""The one capacity that can be scaled here: the desired count of an ECS service."""

from dataclasses import dataclass
from typing import Protocol

from localcloud.ports import JsonApi
from localcloud.wire import ApiError


class Capacity(Protocol):
    """Reads and sets what a scalable target scales."""

    async def read(self, resource: str) -> int | None:
        """Return the current capacity, or None if there is no such active resource."""
        ...

    async def write(self, resource: str, count: int) -> None: ...


@dataclass(frozen=True)
class EcsCapacity:
    """Desired counts, by resource ids such as "service/<cluster>/<service>"."""

    ecs: JsonApi

    async def read(self, resource: str) -> int | None:
        _, cluster, service = resource.split("/", 2)
        asked = {"cluster": cluster, "services": [service]}
        try:
            reply = await self.ecs.call("DescribeServices", asked)
        except ApiError:  # no such cluster
            return None
        counts = [s["desiredCount"] for s in reply["services"] if s["status"] == "ACTIVE"]
        return counts[0] if counts else None

    async def write(self, resource: str, count: int) -> None:
        _, cluster, service = resource.split("/", 2)
        body = {"cluster": cluster, "service": service, "desiredCount": count}
        await self.ecs.call("UpdateService", body)
