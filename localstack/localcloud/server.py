"""Runs the local cloud: MiniStack behind the gateway, and the engine beside it."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from localcloud import ecs, leftovers, rds, reaper
from localcloud.asgi import App, Reply, ask
from localcloud.autoscaling import AutoScalingApi
from localcloud.balancers import Balancers
from localcloud.capacity import EcsCapacity
from localcloud.cdn.plane import Edges
from localcloud.cdn.s3 import S3, Ask
from localcloud.databases import Databases
from localcloud.distributions import Distributions
from localcloud.elb.plane import DataPlane
from localcloud.engine import Engine
from localcloud.gateway import Gateway
from localcloud.jsonapi import Service
from localcloud.preflight import MINISTACK, check_port, check_version
from localcloud.settings import Settings

_LOG = logging.getLogger(__name__)
_KEEP_ALIVE = 75  # seconds; the SDKs keep idle connections for 60


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Return the process's exit code.

    Raises `localcloud.preflight.CannotStartError`.
    """
    check_version()
    addresses = check_port(settings.port)
    leftovers.remove(settings.instance)
    watcher = reaper.start(settings.instance)
    try:
        asyncio.run(LocalCloud(settings, _ministack(settings)).serve(addresses))
    finally:
        watcher.communicate()
    left = [container["name"] for container in leftovers.shown(settings.instance)]
    if left:
        _LOG.error("containers are left: %s", ", ".join(left))
    return 1 if left else 0


def _ministack(settings: Settings) -> App:
    # Read when it is imported: loopback only, and its containers labelled as ours are.
    os.environ.update(
        GATEWAY_PORT=str(settings.port),
        BIND_HOST="127.0.0.1",
        IOT_MTLS_ENABLED="0",
        MINISTACK_HOSTNAME=settings.hostname,
        MINISTACK_ACCOUNT_ID=settings.account,
        MINISTACK_REGION=settings.region,
    )
    from ministack.app import app

    found: App = app
    return found


class LocalCloud:
    """Everything of one local cloud, from start to stop."""

    def __init__(self, settings: Settings, app: App) -> None:
        self._settings = settings
        self._app = app
        self._engine = Engine()

    async def serve(self, addresses: list[str]) -> None:
        """Serve on `addresses` until a signal comes, then stop everything cleanly."""
        stopping = _signalled()
        self._engine.start()
        plane, api, databases = await self._engine.run(self._build)

        async def stop() -> None:
            await stopping.wait()
            _LOG.info("stopping")
            # While the API still answers, since stopping tasks write their last log lines.
            await self._engine.run(api.stop)
            await self._engine.run(databases.stop)

        config = _config(addresses)
        gateway, edges = await self._gateway(plane, api, databases)
        await serve(gateway, config, shutdown_trigger=stop)  # type: ignore[arg-type]
        await self._engine.run(edges.stop)
        await self._engine.run(plane.stop)
        await self._engine.stop()

    async def _build(self) -> tuple[DataPlane, ecs.EcsApi, rds.RdsApi]:
        plane = DataPlane(self._settings.listener_base)
        await plane.start()
        tasks = ecs.create(plane.targets, None, self._settings)
        return plane, tasks, rds.create(self._settings)

    async def _edges(self, balancers: Balancers) -> Edges:
        s3 = S3(_inside(self._app, asyncio.get_running_loop()), self._settings.region)

        async def build() -> Edges:
            edges = Edges(self._settings.cdn_base, s3, lambda: balancers.routes)
            await edges.start()
            return edges

        return await self._engine.run(build)

    async def _gateway(
        self, plane: DataPlane, api: ecs.EcsApi, instances: rds.RdsApi
    ) -> tuple[Gateway, Edges]:
        balancers = Balancers(self._app, self._engine, plane, self._settings)
        edges = await self._edges(balancers)
        distributions = Distributions(self._app, self._engine, edges, self._settings)
        databases = Databases(self._app, self._engine, instances)
        scaling = AutoScalingApi(EcsCapacity(api), self._settings, time.time)

        async def ready() -> None:
            await balancers.refresh()
            await distributions.refresh()
            await self._engine.run(api.start)

        gateway = Gateway(
            self._app,
            self._settings,
            self._engine,
            balancers=balancers,
            distributions=distributions,
            databases=databases,
            services={
                "AmazonEC2ContainerServiceV20141113": Service(api, api.actions),
                "AnyScaleFrontendService": Service(scaling),
            },
            status=lambda: self._status(balancers, distributions, databases),
            ready=ready,
        )
        return gateway, edges

    async def _status(
        self, balancers: Balancers, distributions: Distributions, databases: Databases
    ) -> dict[str, Any]:
        return {
            "version": MINISTACK,
            "instance": self._settings.instance,
            "pid": os.getpid(),
            "listeners": [route.shown() for route in balancers.routes],
            "distributions": [site.shown() for site in distributions.sites],
            "databases": await databases.shown(),
            "containers": await asyncio.to_thread(leftovers.shown, self._settings.instance),
        }


def _inside(app: App, loop: asyncio.AbstractEventLoop) -> Ask:
    """Return how another loop's coroutines ask MiniStack, which lives in `loop`."""

    async def inside(
        method: str, path: str, *, query: str = "", headers: Mapping[str, str]
    ) -> Reply:
        asked = ask(app, method, path, query=query, headers=headers)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, loop))

    return inside


def _signalled() -> asyncio.Event:
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


def _config(addresses: list[str]) -> Config:
    config = Config()
    config.bind = addresses
    config.keep_alive_timeout = _KEEP_ALIVE
    config.graceful_timeout = 3
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    return config
