"""The requests that are with a target, and when they must have landed."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from localcloud.ports import Address

Spot = tuple[str, Address]
"""A target group's ARN, and where one of its targets is."""

Ends = Callable[[str, Address], float | None]


class Flights:
    """Cuts off what is with a target when its deregistration delay is over.

    `ends` returns the loop's time at which that is for a target, or None while it is registered.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
    """

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._limits: defaultdict[Spot, set[asyncio.Timeout]] = defaultdict(set)

    @asynccontextmanager
    async def on(self, group: str, address: Address) -> AsyncIterator[None]:
        """Be with a target. Raises TimeoutError out of the block when it is cut off."""
        spot = (group, address)
        async with asyncio.timeout_at(self._ends(group, address)) as limit:
            self._limits[spot].add(limit)
            try:
                yield
            finally:
                self._land(spot, limit)

    def _land(self, spot: Spot, limit: asyncio.Timeout) -> None:
        self._limits[spot].discard(limit)
        if not self._limits[spot]:
            del self._limits[spot]

    def sync(self) -> None:
        """Take over what targets are registered now."""
        for spot, limits in self._limits.items():
            ends = self._ends(*spot)
            for limit in limits:
                if not limit.expired() and limit.when() != ends:
                    limit.reschedule(ends)
