"""The distributions' data plane. All of it lives in the engine's loop."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.cdn.custom import Custom, Routes
from localcloud.cdn.doors import Doors
from localcloud.cdn.edge import Edge, Visit
from localcloud.cdn.invalidation import matcher
from localcloud.cdn.messages import Fetched, OriginRequest
from localcloud.cdn.model import Distribution, Origin, Snapshot
from localcloud.cdn.s3 import S3
from localcloud.cdn.store import Store
from localcloud.cdn.viewers import Viewers
from localcloud.elb.proxy import Forwarder
from localcloud.ports import Address


@dataclass(frozen=True)
class Site:
    """Where one distribution can be reached."""

    id: str
    domain: str
    port: int

    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "domain": self.domain, "url": f"http://localhost:{self.port}"}


class Network:
    """The origins, of whichever kind they are."""

    def __init__(self, s3: S3, custom: Custom) -> None:
        self._s3 = s3
        self._custom = custom

    async def fetch(
        self, distribution: Distribution, origin: Origin, request: OriginRequest
    ) -> Fetched:
        if origin.bucket:
            return await self._s3.fetch(distribution, origin, request)
        return await self._custom.fetch(origin, request)

    def locate(self, visit: Visit) -> Address:
        """Return where the custom origin of a visit listens. Raises OriginError."""
        return self._custom.address(visit.distribution.origins[visit.behavior.origin])


class Edges:
    """The cache, the client sides and the open ports of every distribution.

    `base` is the first port; `routes` returns where load balancers listen now.
    """

    def __init__(self, base: int, s3: S3, routes: Routes) -> None:
        self._snapshots: dict[str, Snapshot] = {}
        self._merged = Snapshot()
        self._store = Store()
        self._custom = Custom(routes)
        self._forwarder = Forwarder()
        network = Network(s3, self._custom)
        edge = Edge(network, self._store, time.time)
        viewers = Viewers(edge, self._forwarder, network.locate, lambda: self._merged)
        self._doors = Doors(viewers.handle, base)

    async def start(self) -> None:
        await self._custom.start()
        await self._forwarder.start()

    async def stop(self) -> None:
        await self._doors.sync({}, ())
        await self._custom.stop()
        await self._forwarder.stop()

    async def apply(self, account: str, snapshot: Snapshot) -> tuple[Site, ...]:
        """Take over what `account` has now; return where all distributions are."""
        self._snapshots[account] = snapshot
        merged = Snapshot({}, {})
        for one in self._snapshots.values():
            merged = Snapshot(
                {**merged.distributions, **one.distributions}, {**merged.functions, **one.functions}
            )
        for gone in self._merged.distributions.keys() - merged.distributions.keys():
            self._store.drop(gone, lambda _: True)
        self._merged = merged
        enabled = {key: item.port for key, item in merged.distributions.items() if item.enabled}
        await self._doors.sync(enabled, merged.distributions)
        return tuple(
            Site(key, merged.distributions[key].domain, port)
            for key, port in self._doors.ports().items()
        )

    async def invalidate(self, distribution: str, paths: Sequence[str]) -> int:
        """Drop the objects that `paths` name; return how many."""
        return self._store.drop(distribution, matcher(paths))
