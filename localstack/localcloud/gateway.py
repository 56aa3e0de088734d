"""The one door of the local cloud: what is answered here, and what by MiniStack.

Here: Amazon ECS, Application Auto Scaling, the targets of Elastic Load Balancing, all traffic to
load balancers and distributions, invalidations, the instances of RDS, and the registry's name in
ECR's replies.
Everything else is MiniStack's.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from localcloud.asgi import (
    App,
    Message,
    Receive,
    Reply,
    Scope,
    Send,
    capture,
    headers_of,
    made,
    read_body,
    respond,
)
from localcloud.balancers import Balancers, caller
from localcloud.databases import Databases
from localcloud.distributions import Distributions
from localcloud.ecr import TARGET, Ecr
from localcloud.engine import Engine
from localcloud.jsonapi import Service, answer, split_target
from localcloud.relay import Relay, find_route
from localcloud.settings import Settings
from localcloud.wire import dumps

STATUS_PATH = "/_localcloud/status"
_RESET_PATH = "/_ministack/reset"


class Gateway:
    """An ASGI application in front of `app`, which is MiniStack.

    `services` are ours, by the first part of X-Amz-Target; `status` makes the status document;
    `ready` is awaited when MiniStack has started.
    """

    def __init__(
        self,
        app: App,
        settings: Settings,
        engine: Engine,
        *,
        balancers: Balancers,
        distributions: Distributions,
        databases: Databases,
        services: Mapping[str, Service],
        status: Callable[[], Awaitable[dict[str, Any]]],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        self._app = app
        self._ecr = Ecr(app, settings.port)
        self._engine = engine
        self._balancers = balancers
        self._distributions = distributions
        self._databases = databases
        self._services = services
        self._status = status
        self._ready = ready
        self._relay = Relay()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif not await self._relayed(scope, receive, send):
            if scope["type"] == "http":
                await self._http(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self._ready()
            if message["type"].startswith("lifespan.shutdown"):
                await self._relay.close()
            await send(message)

        await self._app(scope, receive, tell)

    async def _relayed(self, scope: Scope, receive: Receive, send: Send) -> bool:
        host = headers_of(scope).get("host", "")
        found = find_route(self._balancers.routes, host, scope["path"])
        found = found or self._distributions.route(host)
        if found is None:
            return False
        relay = self._relay.http if scope["type"] == "http" else self._relay.websocket
        await relay(scope, receive, send, *found)
        return True

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self._own(scope, receive)
        if reply is None:
            await self._app(scope, receive, send)
        else:
            await respond(send, reply)

    async def _own(self, scope: Scope, receive: Receive) -> Reply | None:
        """Return our answer, or None if the request is MiniStack's and was not touched."""
        target = headers_of(scope).get("x-amz-target", "")
        if target:
            return await self._json(target, scope, receive)
        if scope["path"] == STATUS_PATH:
            return made(200, "application/json", dumps(await self._status()))
        for service in (self._distributions, self._databases):
            if reply := await service.answer(scope, receive):
                return reply
        if scope["method"] != "POST":
            return None
        if scope["path"] == _RESET_PATH:
            await self._databases.reset()
            reply = await capture(self._app, scope, receive)
            await self._balancers.refresh()
            await self._distributions.refresh()
            return reply
        who = caller(scope)
        return await self._balancers.answer(scope, receive, who) if who else None

    async def _json(self, target: str, scope: Scope, receive: Receive) -> Reply | None:
        if found := split_target(target, self._services):
            return await answer(self._engine, *found, await read_body(receive))
        if target.startswith(TARGET):
            return await self._ecr.answer(target, scope, receive)
        return None
