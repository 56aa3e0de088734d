"""An open WebSocket: what either end says, and how it ends, reaches the other."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import WSMsgType, web

End = web.WebSocketResponse | aiohttp.ClientWebSocketResponse
_NORMAL = 1000


@dataclass(frozen=True)
class Goodbye:
    """A close frame. RFC 6455, section 5.5.1"""

    code: int
    reason: str


async def tunnel(
    request: web.Request,
    client: web.WebSocketResponse,
    target: aiohttp.ClientWebSocketResponse,
    idle: float,
) -> None:
    """Pass messages on until either end closes, breaks off, or both are silent for `idle` seconds.

    An end that breaks off without a close frame gets the other one broken off as well: whoever
    invents a frame tells an application that its peer left in peace.
    """
    pumps: list[asyncio.Task[Goodbye | None]] = []
    try:
        said = await _until_the_end(pumps, (client, target), idle)
        if said:
            # While the pumps still run: a receive() that is cancelled takes the connection for
            # broken, and close() would not wait for the peer's own close frame.
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await target.close(code=said.code, message=said.reason.encode())
                await client.close(code=said.code, message=said.reason.encode())
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        if not client.closed and request.transport:
            request.transport.abort()


def hang_up(target: aiohttp.ClientWebSocketResponse) -> None:
    """Break a connection off that was not closed."""
    if not target.closed:
        target._response.close()  # noqa: SLF001 - its own close() would send a close frame


async def _until_the_end(
    pumps: list[asyncio.Task[Goodbye | None]], ends: tuple[End, End], idle: float
) -> Goodbye | None:
    """Start the pumps; return what one end said last, or None if it just went silent or away."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(idle) as limit:

            def heard() -> None:
                limit.reschedule(loop.time() + idle)

            for source, sink in (ends, ends[::-1]):
                pumps.append(asyncio.create_task(_pump(source, sink, heard)))
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        return None
    return next((said for said in (pump.result() for pump in done) if said), None)


async def _pump(source: End, sink: End, heard: Callable[[], None]) -> Goodbye | None:
    try:
        while True:
            message = await source.receive()
            if message.type is WSMsgType.CLOSE:
                return Goodbye(message.data or _NORMAL, message.extra or "")
            if not await _passed(message, sink):
                return None
            heard()
    except (aiohttp.ClientError, OSError):
        return None


async def _passed(message: aiohttp.WSMessage, sink: End) -> bool:
    if message.type is WSMsgType.TEXT:
        await sink.send_str(message.data)
    elif message.type is WSMsgType.BINARY:
        await sink.send_bytes(message.data)
    elif message.type is WSMsgType.PING:
        await sink.ping(message.data)
    elif message.type is WSMsgType.PONG:
        await sink.pong(message.data)
    else:
        return False
    return True
