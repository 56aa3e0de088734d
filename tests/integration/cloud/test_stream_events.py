"""Server-sent events through a load balancer, and through a distribution in front of it."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.streaming import Streaming, streaming, until

pytestmark = pytest.mark.ecs
Way = Callable[..., Awaitable[str]]
PACKED = {"Accept-Encoding": "gzip, deflate, br"}


async def test_each_event_comes_at_once(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    """The next event is only made when the one before has arrived: nothing holds any back."""
    url = await way()
    async with session.get(f"{url}/api/events") as reply:
        assert await reply.content.readline() == b"data: app\n"
        for number in range(50):
            await streams.feed.put(f"data: {number}\n\n".encode())
            async with asyncio.timeout(20):
                await reply.content.readuntil(f"data: {number}\n\n".encode())
        await streams.feed.put(b"")
        assert await reply.content.read() == b""
    assert streams.ended == ["done"]


async def test_events_are_neither_packed_nor_kept(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    for _ in range(2):
        async with session.get(f"{url}/api/events", headers=PACKED) as reply:
            assert reply.headers["Content-Type"] == "text/event-stream"
            assert not {"Content-Encoding", "Content-Length", "Age"} & set(reply.headers)
            assert reply.headers.get("X-Cache", "Miss").startswith("Miss")
            await streams.feed.put(b"")
            assert await reply.content.read() == b"data: app\n\n"
    assert streams.asked == ["/api/events"] * 2


async def test_many_viewers_each_have_a_stream_of_their_own(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    replies = [await session.get(f"{url}/api/events") for _ in range(40)]
    assert streams.open["now"] == 40
    for reply in replies:
        reply.close()
    await until(lambda: streams.open["now"] == 0)


async def test_the_application_sees_at_once_that_a_viewer_left(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    """Nothing more is sent: the closed connection alone must tell it."""
    url = await way()
    async with session.get(f"{url}/api/events") as reply:
        assert await reply.content.readline() == b"data: app\n"
        reply.close()
        await until(lambda: streams.ended == ["left"])


async def test_and_that_one_left_before_there_was_an_answer(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    asked = asyncio.create_task(session.get(f"{url}/api/silent"))
    await until(lambda: streams.open["now"])
    asked.cancel()
    await until(lambda: streams.ended == ["left"])


async def test_an_application_that_breaks_off_breaks_the_stream(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    """Else a browser would take half an event for the whole of it."""
    url = await way()
    async with session.get(f"{url}/api/events") as reply:
        assert await reply.content.readuntil(b"\n\n") == b"data: app\n\n"
        await streams.feed.put(b"die")
        with pytest.raises(aiohttp.ClientPayloadError):
            await reply.content.read()


async def test_a_stream_outlives_the_start_of_a_rollout_but_not_its_delay(
    way: Way, streams: Streaming, session: aiohttp.ClientSession, balancer: Balancer
) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay"""
    url = await way(delay=3)
    async with streaming("new") as new, session.get(f"{url}/api/events") as reply:
        assert await reply.content.readuntil(b"\n\n") == b"data: app\n\n"
        await asyncio.to_thread(balancer.register, new.port)
        await asyncio.to_thread(balancer.until, new.port, "healthy")
        await asyncio.to_thread(balancer.deregister, streams.port)
        await streams.feed.put(b"data: still here\n\n")
        assert await reply.content.readuntil(b"\n\n") == b"data: still here\n\n"
        async with session.get(f"{url}/api/events") as other:
            assert await other.content.readuntil(b"\n\n") == b"data: new\n\n"
        assert streams.open["now"] == 1
        with pytest.raises(aiohttp.ClientPayloadError):
            async with asyncio.timeout(20):
                await reply.content.read()
        await until(lambda: streams.ended == ["left"])
        assert await asyncio.to_thread(balancer.state, streams.port) == "unused"
        async with session.get(f"{url}/api/events") as again:
            assert await again.content.readuntil(b"\n\n") == b"data: new\n\n"


async def test_a_request_without_an_answer_at_the_end_of_the_delay_is_502(
    way: Way, streams: Streaming, session: aiohttp.ClientSession, balancer: Balancer
) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues"""
    url = await way(delay=1)
    asked = asyncio.create_task(session.get(f"{url}/api/silent"))
    await until(lambda: streams.open["now"])
    await asyncio.to_thread(balancer.deregister, streams.port)
    async with asyncio.timeout(20):
        async with await asked as reply:
            assert reply.status == 502
    await until(lambda: streams.ended == ["left"])


async def test_a_target_that_comes_back_keeps_its_streams(
    way: Way, streams: Streaming, session: aiohttp.ClientSession, balancer: Balancer
) -> None:
    url = await way(delay=2)
    async with session.get(f"{url}/api/events") as reply:
        await reply.content.readuntil(b"\n\n")
        await asyncio.to_thread(balancer.deregister, streams.port)
        await asyncio.to_thread(balancer.register, streams.port)
        await asyncio.sleep(2.5)  # past the delay that was under way
        await streams.feed.put(b"data: kept\n\n")
        assert await reply.content.readuntil(b"\n\n") == b"data: kept\n\n"


@pytest.mark.parametrize("path", ["/api/events", "/api/silent"])
async def test_by_the_api_port_a_viewer_that_left_is_seen_too(
    balancer: Balancer, streams: Streaming, session: aiohttp.ClientSession, path: str
) -> None:
    await asyncio.to_thread(balancer.listen)
    await asyncio.to_thread(balancer.register, streams.port)
    host = {"Host": f"{balancer.name}.alb.localhost"}
    asked = asyncio.create_task(session.get(f"{balancer.cloud.endpoint}{path}", headers=host))
    await until(lambda: streams.open["now"])
    if path == "/api/events":
        reply = await asked
        assert await reply.content.readuntil(b"\n\n") == b"data: app\n\n"
        reply.close()
    asked.cancel()
    await until(lambda: streams.ended == ["left"])
