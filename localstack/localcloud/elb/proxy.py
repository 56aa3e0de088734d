"""Hands a request on to a target and its response back, streaming both ways."""

import asyncio
import contextlib
import logging

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from localcloud.elb.actions import Reply, failure
from localcloud.elb.forwarding import end_to_end
from localcloud.ports import Address

_LOG = logging.getLogger(__name__)

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
_CONNECT_TIMEOUT = 10.0
_MADE_BY_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_SERVER_MAKES = ("Server", "Content-Type")
ABSENT = "absent"
_HANDSHAKE = ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions")


class Forwarder:
    """The load balancers' client side.

    Each request gets a connection of its own: on loopback that costs nothing, and no request can
    fail because a target closed an idle connection, so nothing need ever be sent twice.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_MADE_BY_AIOHTTP,
        )
        # A target that breaks a connection is a 502, not a second chance.
        self._session._retry_connection = False  # noqa: SLF001

    async def stop(self) -> None:
        if self._session:
            await self._session.close()

    async def forward(
        self, request: web.Request, address: Address, headers: CIMultiDict[str], idle: float
    ) -> web.StreamResponse | Reply:
        """Send `request` to `address` with `headers`; `idle` is the idle timeout in seconds.

        Returns the response, already sent, or the load balancer's own error if there was none.
        """
        url = URL(f"http://{address.host}:{address.port}{request.raw_path}", encoded=True)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._websocket(request, url, headers)
            return await self._http(request, url, headers, idle)
        except aiohttp.WSServerHandshakeError as refused:
            return Reply(refused.status)
        except TimeoutError:
            return failure(504, "Gateway Time-out")
        except (aiohttp.ClientError, OSError) as error:
            _LOG.info("%s %s: %s", request.method, url, error)
            return failure(502, "Bad Gateway")

    async def _http(
        self, request: web.Request, url: URL, headers: CIMultiDict[str], idle: float
    ) -> web.StreamResponse:
        assert self._session is not None  # noqa: S101 - start() comes first
        timeout = aiohttp.ClientTimeout(sock_connect=_CONNECT_TIMEOUT, sock_read=idle)
        async with self._session.request(
            request.method,
            url,
            headers=headers,
            data=request.content if request.body_exists else None,
            allow_redirects=False,
            timeout=timeout,
        ) as upstream:
            return await _relay(request, upstream)

    async def _websocket(
        self, request: web.Request, url: URL, headers: CIMultiDict[str]
    ) -> web.StreamResponse:
        assert self._session is not None  # noqa: S101 - start() comes first
        for name in (*_HANDSHAKE, "Sec-WebSocket-Protocol"):
            headers.popall(name, None)
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        protocols = [part.strip() for part in offered.split(",") if part.strip()]
        async with self._session.ws_connect(
            url, headers=headers, protocols=protocols, autoping=False, max_msg_size=0
        ) as upstream:
            chosen = [upstream.protocol] if upstream.protocol else []
            client = web.WebSocketResponse(protocols=chosen, autoping=False, max_msg_size=0)
            await client.prepare(request)
            await _bridge(client, upstream)
            return client


async def unadorned(_: web.BaseRequest, response: web.StreamResponse) -> None:
    """Take back the headers that aiohttp adds where the target sent none.

    For `aiohttp.web.Application.on_response_prepare`.
    """
    for name in response.get(ABSENT, ()):
        response.headers.popall(name, None)


async def _relay(request: web.Request, upstream: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(
        status=upstream.status,
        reason=upstream.reason,
        headers=end_to_end(upstream.headers.items()),
    )
    response[ABSENT] = [name for name in _SERVER_MAKES if name not in upstream.headers]
    bodiless = request.method == "HEAD" or upstream.status in (204, 304)
    if "Content-Length" not in upstream.headers and not bodiless and request.version >= (1, 1):
        response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        async for chunk in upstream.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        # The headers are out: only a broken connection tells the client that the body is not whole.
        _LOG.info("%s %s broke off: %s", request.method, upstream.url, error)
        if request.transport:
            request.transport.abort()
    return response


async def _bridge(client: web.WebSocketResponse, target: aiohttp.ClientWebSocketResponse) -> None:
    pumps = [
        asyncio.create_task(_pump(client, target)),
        asyncio.create_task(_pump(target, client)),
    ]
    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    for pump in pumps:
        pump.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)
    with contextlib.suppress(aiohttp.ClientError, OSError):
        await target.close(code=client.close_code or 1000)
        await client.close(code=target.close_code or 1000)


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.PING:
            await sink.ping(message.data)
        elif message.type is aiohttp.WSMsgType.PONG:
            await sink.pong(message.data)
