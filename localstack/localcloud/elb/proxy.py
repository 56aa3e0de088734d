"""Hands a request on to a target and its response back, streaming both ways."""

import asyncio
import logging

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from localcloud.elb.actions import Reply, failure
from localcloud.elb.forwarding import end_to_end
from localcloud.elb.tunnel import hang_up, tunnel
from localcloud.elb.upload import Upload
from localcloud.ports import Address
from localcloud.upstream import upstream_session

_LOG = logging.getLogger(__name__)

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
_CONNECT_TIMEOUT = 10.0
_SERVER_MAKES = ("Server", "Content-Type")
ABSENT = "absent"
_HANDSHAKE = ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions")


class Forwarder:
    """The load balancers' client side. A target that breaks a connection gets no second chance."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = upstream_session()

    async def stop(self) -> None:
        if self._session:
            await self._session.close()

    async def forward(
        self, request: web.Request, address: Address, headers: CIMultiDict[str], idle: float
    ) -> web.StreamResponse | Reply:
        """Send `request` to `address` with `headers`; `idle` is the idle timeout in seconds.

        Returns the response, already sent, or the load balancer's own error if there was none. A
        cancellation breaks both connections.
        """
        url = URL(f"http://{address.host}:{address.port}{request.raw_path}", encoded=True)
        upload = Upload(request, idle)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._websocket(request, url, headers, idle)
            return await self._http(request, url, headers, upload)
        except aiohttp.WSServerHandshakeError as refused:
            return Reply(refused.status)
        except TimeoutError:
            if upload.stalled:
                return failure(408, "Request Time-out")
            return failure(504, "Gateway Time-out")
        except (aiohttp.ClientError, OSError) as error:
            _LOG.info("%s %s: %s", request.method, url, error)
            return failure(502, "Bad Gateway")

    async def _http(
        self, request: web.Request, url: URL, headers: CIMultiDict[str], upload: Upload
    ) -> web.StreamResponse:
        assert self._session is not None  # noqa: S101 - start() comes first
        timeout = aiohttp.ClientTimeout(sock_connect=_CONNECT_TIMEOUT, sock_read=upload.idle)
        async with self._session.request(
            request.method,
            url,
            headers=headers,
            data=upload.chunks() if request.body_exists else None,
            allow_redirects=False,
            timeout=timeout,
        ) as upstream:
            return await _relay(request, upstream)

    async def _websocket(
        self, request: web.Request, url: URL, headers: CIMultiDict[str], idle: float
    ) -> web.StreamResponse:
        for name in (*_HANDSHAKE, "Sec-WebSocket-Protocol"):
            headers.popall(name, None)
        upstream = await self._connect(request, url, headers, idle)
        try:
            chosen = [upstream.protocol] if upstream.protocol else []
            client = web.WebSocketResponse(
                protocols=chosen, autoping=False, autoclose=False, max_msg_size=0
            )
            await client.prepare(request)
            await tunnel(request, client, upstream, idle)
        finally:
            hang_up(upstream)
        return client

    async def _connect(
        self, request: web.Request, url: URL, headers: CIMultiDict[str], idle: float
    ) -> aiohttp.ClientWebSocketResponse:
        assert self._session is not None  # noqa: S101 - start() comes first
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        protocols = [part.strip() for part in offered.split(",") if part.strip()]
        async with asyncio.timeout(idle):
            return await self._session.ws_connect(
                url, headers=headers, protocols=protocols, autoping=False, autoclose=False,
                max_msg_size=0,
            )  # fmt: skip


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
        _LOG.info("%s %s broke off: %s", request.method, upstream.url, error)
        _break(request)
    except asyncio.CancelledError:
        _break(request)
        raise
    return response


def _break(request: web.Request) -> None:
    # The headers are out: only a broken connection tells the client that the body is not whole.
    if request.transport:
        request.transport.abort()
