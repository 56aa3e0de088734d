"""Leads requests for a load balancer that came to the API port to the listener's own port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from localcloud.asgi import Message, Receive, Scope, Send, headers_of, made, respond
from localcloud.elb.forwarding import end_to_end
from localcloud.elb.plane import Route
from localcloud.upstream import upstream_session

_PREFIX = "/_alb/"


def find_route(routes: Sequence[Route], host: str, path: str) -> tuple[Route, str] | None:
    """Return the listener that is meant and the prefix of `path` that named it, or None.

    Named by `Host: <load balancer>.alb.localhost`, by its DNS name, or by /_alb/<load balancer>/.
    Of several listeners: the one with the port in `host`, else port 80, else the first.
    """
    name, _, port = host.lower().partition(":")
    found = [
        r
        for r in routes
        if name in (f"{r.load_balancer.lower()}.alb.localhost", r.dns_name.lower())
    ]
    prefix = ""
    if not found and path.startswith(_PREFIX):
        wanted = path.removeprefix(_PREFIX).partition("/")[0]
        found = [r for r in routes if r.load_balancer.lower() == wanted.lower()]
        prefix = f"{_PREFIX}{wanted}"
    best = sorted(found, key=lambda route: (str(route.declared) != port, route.declared != 80))  # noqa: PLR2004
    return (best[0], prefix) if best else None


class Relay:
    """One HTTP client in the loop of whoever calls it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = upstream_session()
        return self._session

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def http(
        self, scope: Scope, receive: Receive, send: Send, route: Route, prefix: str
    ) -> None:
        """Answer an HTTP request by the listener of `route`, until the client goes away."""
        given = headers_of(scope)
        sent = asyncio.Event()
        body = None
        if "content-length" in given or "transfer-encoding" in given:
            body = _chunks(receive, sent)
        else:
            sent.set()
        url = _url("http", scope, route, prefix)
        exchange = asyncio.create_task(self._exchange(scope, url, body, send))
        left = asyncio.create_task(_left(receive, sent))
        try:
            await asyncio.wait((exchange, left), return_when=asyncio.FIRST_COMPLETED)
            if exchange.done():
                exchange.result()
        finally:
            exchange.cancel()
            left.cancel()
            await asyncio.gather(exchange, left, return_exceptions=True)

    async def _exchange(
        self, scope: Scope, url: URL, body: AsyncIterator[bytes] | None, send: Send
    ) -> None:
        try:
            async with self._client().request(
                scope["method"], url, headers=_headers(scope), data=body, allow_redirects=False
            ) as upstream:
                await _send_back(upstream, send)
        except aiohttp.ClientConnectionError:
            await respond(send, made(503, "text/plain", b"the listener is closed\n"))

    async def websocket(
        self, scope: Scope, receive: Receive, send: Send, route: Route, prefix: str
    ) -> None:
        """Bridge a WebSocket to the listener of `route`."""
        await receive()  # websocket.connect
        headers = _headers(scope)
        for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
            headers.popall(name, None)
        try:
            upstream = await self._client().ws_connect(
                _url("ws", scope, route, prefix),
                headers=headers,
                protocols=scope.get("subprotocols", ()),
                max_msg_size=0,
            )
        except aiohttp.ClientError:
            await send({"type": "websocket.close", "code": 1011})
            return
        await send({"type": "websocket.accept", "subprotocol": upstream.protocol})
        await _bridge(upstream, receive, send)


def _url(scheme: str, scope: Scope, route: Route, prefix: str) -> URL:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").removeprefix(prefix) or "/"
    query = scope.get("query_string", b"").decode("latin-1")
    return URL(
        f"{scheme}://127.0.0.1:{route.port}{path}{'?' if query else ''}{query}", encoded=True
    )


def _headers(scope: Scope) -> CIMultiDict[str]:
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    kept = end_to_end(pairs)
    kept.popall("Expect", None)
    return kept


async def _left(receive: Receive, sent: asyncio.Event) -> None:
    """Return when the client has gone away. Until its body is `sent` that is read elsewhere."""
    await sent.wait()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _chunks(receive: Receive, sent: asyncio.Event) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise aiohttp.ClientConnectionError("the client went away")
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            sent.set()
            return


async def _send_back(upstream: aiohttp.ClientResponse, send: Send) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in end_to_end(upstream.headers.items()).items()
    ]
    await send({"type": "http.response.start", "status": upstream.status, "headers": headers})
    async for chunk in upstream.content.iter_any():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _bridge(upstream: aiohttp.ClientWebSocketResponse, receive: Receive, send: Send) -> None:
    outward = asyncio.create_task(_to_target(upstream, receive))
    inward = asyncio.create_task(_to_client(upstream, send))
    await asyncio.wait((outward, inward), return_when=asyncio.FIRST_COMPLETED)
    closed_by_target = inward.done()
    for task in (outward, inward):
        task.cancel()
    await asyncio.gather(outward, inward, return_exceptions=True)
    await upstream.close()
    if closed_by_target:
        with contextlib.suppress(Exception):
            await send({"type": "websocket.close", "code": upstream.close_code or 1000})


async def _to_target(upstream: aiohttp.ClientWebSocketResponse, receive: Receive) -> None:
    while True:
        message: Message = await receive()
        if message["type"] != "websocket.receive":
            return
        if message.get("text") is not None:
            await upstream.send_str(message["text"])
        else:
            await upstream.send_bytes(message["bytes"])


async def _to_client(upstream: aiohttp.ClientWebSocketResponse, send: Send) -> None:
    async for message in upstream:
        kind = "text" if message.type is aiohttp.WSMsgType.TEXT else "bytes"
        await send({"type": "websocket.send", kind: message.data})
