"""WebSockets through a load balancer, and through a distribution in front of it.

Either is a tunnel once it is open: what one end says, and how it ends, is what the other one sees.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#listener-configuration
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-working-with.websockets.html
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import SHUT_RDWR

import aiohttp
import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.streaming import Streaming, until

pytestmark = pytest.mark.ecs
Way = Callable[..., Awaitable[str]]
_BROKEN = 1006  # RFC 6455, section 7.4.1: never sent, it is what a broken connection is called


@asynccontextmanager
async def _socket(url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{url}/api/ws", protocols=("chat",), autoping=False, autoclose=False
        ) as socket,
    ):
        yield socket


async def test_both_ways(way: Way, streams: Streaming) -> None:
    async with _socket(await way()) as socket:
        assert socket.protocol == "chat"
        for number in range(3):
            await socket.send_str(str(number))
            assert await socket.receive_str(timeout=5) == f"app {number}"
        await socket.ping(b"p")
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.PONG


async def test_the_viewer_closes(way: Way, streams: Streaming) -> None:
    async with _socket(await way()) as socket:
        await socket.close(code=4002, message=b"done here")
        await until(lambda: streams.closes == [(4002, "done here")])


async def test_the_application_closes(way: Way, streams: Streaming) -> None:
    async with _socket(await way()) as socket:
        await socket.send_str("bye")
        last = await socket.receive(timeout=5)
        assert (last.type, last.data, last.extra) == (aiohttp.WSMsgType.CLOSE, 4001, "enough")


async def test_the_viewer_is_gone(way: Way, streams: Streaming) -> None:
    """No close frame came, so none is invented."""
    async with _socket(await way()) as socket:
        await until(lambda: streams.open["sockets"])
        socket.get_extra_info("socket").shutdown(SHUT_RDWR)
        await until(lambda: streams.closes == [(_BROKEN, "")])


async def test_the_application_is_gone(way: Way, streams: Streaming) -> None:
    async with _socket(await way()) as socket:
        await socket.send_str("die")
        last = await socket.receive(timeout=5)
        assert last.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert socket.close_code == _BROKEN


async def test_the_idle_timeout(way: Way, streams: Streaming) -> None:
    async with _socket(await way(idle=1)) as socket:
        for _ in range(5):  # for twice as long as the limit: what is said keeps it
            await asyncio.sleep(0.4)
            await socket.send_str("a")
            await socket.receive_str(timeout=5)
        last = await socket.receive(timeout=8)
        assert last.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert socket.close_code == _BROKEN
    await until(lambda: streams.closes == [(_BROKEN, "")])


async def test_the_end_of_the_deregistration_delay(
    way: Way, streams: Streaming, balancer: Balancer
) -> None:
    async with _socket(await way(delay=2)) as socket:
        await until(lambda: streams.open["sockets"])
        await asyncio.to_thread(balancer.deregister, streams.port)
        await socket.send_str("still")
        assert await socket.receive_str(timeout=5) == "app still"
        last = await socket.receive(timeout=8)
        assert last.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    await until(lambda: streams.closes == [(_BROKEN, "")])
