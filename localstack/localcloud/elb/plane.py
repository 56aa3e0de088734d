"""The load balancers' data plane. All of it lives in the engine's loop."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from localcloud.elb.flights import Flights
from localcloud.elb.listeners import Sites
from localcloud.elb.model import Snapshot, merge
from localcloud.elb.prober import Prober
from localcloud.elb.proxy import Forwarder
from localcloud.elb.router import Router
from localcloud.elb.targets import TargetRegistry


@dataclass(frozen=True)
class Route:
    """Where one listener can be reached. `declared` is the port that its definition names."""

    load_balancer: str
    dns_name: str
    declared: int
    port: int
    protocol: str

    def shown(self) -> dict[str, Any]:
        return {
            "load_balancer": self.load_balancer,
            "port": self.declared,
            "url": f"http://localhost:{self.port}",
        }


class DataPlane:
    """Targets, their checks and the open listeners of every load balancer."""

    def __init__(self, listener_base: int) -> None:
        self._snapshots: dict[Hashable, Snapshot] = {}
        self._merged = Snapshot()
        self._prober = Prober()
        self._forwarder = Forwarder()
        clock = asyncio.get_running_loop().time
        self.targets = TargetRegistry(clock, self._targets_changed)
        self._flights = Flights(self.targets.ends)
        router = Router(self.targets, self._flights, self._forwarder, lambda: self._merged)
        self._sites = Sites(router.handle, listener_base)

    def _targets_changed(self) -> None:
        self._prober.sync(self.targets)
        self._flights.sync()

    async def start(self) -> None:
        await self._prober.start()
        await self._forwarder.start()

    async def stop(self) -> None:
        await self._sites.close()
        await self._prober.stop()
        await self._forwarder.stop()

    async def apply(self, scope: Hashable, snapshot: Snapshot) -> tuple[Route, ...]:
        """Take over what `scope` (an account and region) has now; return all routes."""
        self._snapshots[scope] = snapshot
        self._merged = _served(merge(self._snapshots.values()))
        await self._sites.sync(self._merged.listeners)
        self.targets.apply(self._merged.groups, self._merged.used_groups())
        return self._routes()

    def _routes(self) -> tuple[Route, ...]:
        routes = []
        for arn, port in self._sites.ports().items():
            listener = self._merged.listeners[arn]
            balancer = self._merged.load_balancers[listener.load_balancer]
            protocol = listener.protocol
            routes.append(Route(balancer.name, balancer.dns_name, listener.port, port, protocol))
        return tuple(routes)


def _served(snapshot: Snapshot) -> Snapshot:
    # MiniStack keeps the listeners of a deleted load balancer; AWS deletes them with it.
    listeners = {
        arn: listener
        for arn, listener in snapshot.listeners.items()
        if listener.load_balancer in snapshot.load_balancers
    }
    return Snapshot(snapshot.load_balancers, listeners, snapshot.groups)
