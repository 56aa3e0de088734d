"""An application that streams: events, uploads and WebSockets, as a test tells it to.

Every connection that it answers on tells how it ended, because that is what an application sees.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.distribution import (
    ALL_VIEWER,
    DISABLED,
    EVERY_METHOD,
    Site,
    behavior,
    items,
    methods,
)

_UNCACHED_ERRORS = [
    {"ErrorCode": status, "ErrorCachingMinTTL": 0} for status in (404, 500, 501, 502, 503, 504)
]
PROBLEM = (
    b'{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"no database"}'
)


async def until(look: Callable[[], object], seconds: float = 15) -> None:
    """Wait in the loop until `look()` is true; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.02)


@dataclass
class Streaming:
    """The application. `ended` counts by path what became of its streams: `left` or `done`."""

    name: str = "app"
    port: int = 0
    feed: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    open: Counter[str] = field(default_factory=Counter)
    ended: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    closes: list[tuple[int | None, str]] = field(default_factory=list)

    def application(self) -> web.Application:
        made = web.Application(client_max_size=1024**3)
        made.router.add_get("/health", _healthy)
        made.router.add_get("/api/events", self._events)
        made.router.add_get("/api/heartbeats", self._heartbeats)
        made.router.add_get("/api/ws", self._socket)
        made.router.add_get("/api/problem", self._problem)
        made.router.add_get("/api/many", self._many)
        made.router.add_route("*", "/api/silent", self._silent)
        made.router.add_route("*", "/api/upload", self._upload)
        made.router.add_route("*", "/api/{rest:.*}", _echo)
        return made

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(f"data: {self.name}\n\n".encode())
        return response

    @asynccontextmanager
    async def _noted(self) -> AsyncIterator[None]:
        self.open["now"] += 1
        try:
            yield
        except (asyncio.CancelledError, ConnectionError):
            self.ended.append("left")
            raise
        else:
            self.ended.append("done")
        finally:
            self.open["now"] -= 1

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Send what is fed, nothing else; an empty one is the end, and `die` breaks off."""
        async with self._noted():
            response = await self._begin(request)
            while data := await self.feed.get():
                if data == b"die":
                    _break(request)
                await response.write(data)
            return response

    async def _heartbeats(self, request: web.Request) -> web.StreamResponse:
        async with self._noted():
            response = await self._begin(request)
            for _ in range(int(request.query["count"])):
                await asyncio.sleep(float(request.query["every"]))
                await response.write(b":\n\n")
            await response.write(b"data: last\n\n")
            return response

    async def _silent(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.method)
        async with self._noted():
            await self.feed.get()
        return web.Response(text=self.name)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Hash a body, at most 64 KiB each `pace` seconds."""
        digest, size = hashlib.sha256(), 0
        self.asked.append(request.headers.get("Content-Length", "chunked"))
        async with self._noted():
            async for chunk in request.content.iter_chunked(64 * 1024):
                digest.update(chunk)
                size += len(chunk)
                self.open["bytes"] = size
                if "pace" in request.query:
                    await asyncio.sleep(float(request.query["pace"]))
        return web.json_response({"size": size, "sha256": digest.hexdigest()}, status=201)

    async def _many(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(int(request.query["megabytes"]) * 16):
            await response.write(bytes(64 * 1024))
        return response

    async def _problem(self, _: web.Request) -> web.StreamResponse:
        self.asked.append("problem")
        headers = {"Content-Type": "application/problem+json", "Retry-After": "7"}
        return web.Response(status=503, body=PROBLEM, headers=headers)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("chat",), autoping=False)
        await socket.prepare(request)
        self.open["sockets"] += 1
        try:
            await self._talk(socket, request)
        except asyncio.CancelledError:
            self.closes.append((aiohttp.WSCloseCode.ABNORMAL_CLOSURE, ""))
            raise
        finally:
            self.open["sockets"] -= 1
        return socket

    async def _talk(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        while True:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT and message.data == "die":
                _break(request)
            elif message.type is aiohttp.WSMsgType.TEXT and message.data == "bye":
                await socket.close(code=4001, message=b"enough")
            elif message.type is aiohttp.WSMsgType.TEXT:
                await socket.send_str(f"{self.name} {message.data}")
            elif message.type is aiohttp.WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is aiohttp.WSMsgType.CLOSE:
                self.closes.append((message.data, message.extra or ""))
                return
            else:
                self.closes.append((socket.close_code, ""))
                return


def _break(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


async def _healthy(_: web.Request) -> web.StreamResponse:
    return web.Response()


async def _echo(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    document = {
        "method": request.method,
        "headers": [[name.lower(), value] for name, value in request.headers.items()],
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return web.json_response(document)


@asynccontextmanager
async def streaming(name: str = "app") -> AsyncIterator[Streaming]:
    """Serve the application on a free loopback port. A body that comes packed stays packed."""
    made = Streaming(name)
    runner = web.AppRunner(
        made.application(), handler_cancellation=True, shutdown_timeout=0.1, auto_decompress=False
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    made.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield made
    finally:
        await runner.cleanup()


def in_front(site: Site, balancer: Balancer, **origin: object) -> Site:
    """Publish `site` as the site module does: /api/* to the load balancer, no error kept."""
    to_app = behavior(
        "app",
        DISABLED,
        PathPattern="/api/*",
        OriginRequestPolicyId=ALL_VIEWER,
        AllowedMethods=methods(*EVERY_METHOD),
        Compress=False,
    )
    return site.publish(
        origins=[site.bucket_origin(), site.custom_origin(balancer.dns_name, **origin)],
        CacheBehaviors=items(to_app),
        CustomErrorResponses=items(*_UNCACHED_ERRORS),
    )
