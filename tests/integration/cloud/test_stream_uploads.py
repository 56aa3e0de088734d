"""Requests with bodies, and errors, through a load balancer and a distribution in front of it."""

import asyncio
import contextlib
import gzip
import hashlib
import io
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.integration.cloud.streaming import PROBLEM, Streaming, until
from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs
Way = Callable[..., Awaitable[str]]
MEGABYTE = 1024 * 1024
ALLOWED = 8 * MEGABYTE  # what buffers on the way may take, whatever the size


class Memory:
    """The peak of the cloud's resident memory since this was made."""

    def __init__(self, cloud: Cloud) -> None:
        assert cloud.pid
        self._process = Path(f"/proc/{cloud.pid}")
        (self._process / "clear_refs").write_text("5")
        self._before = self._bytes("VmRSS")

    def grown(self) -> int:
        return self._bytes("VmHWM") - self._before

    def _bytes(self, name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+) kB", (self._process / "status").read_text())
        assert found
        return int(found[1]) * 1024


@pytest.mark.parametrize("size", [MEGABYTE, 20 * MEGABYTE])
@pytest.mark.parametrize("chunked", [False, True])
async def test_an_upload_arrives_whole(
    way: Way, streams: Streaming, session: aiohttp.ClientSession, size: int, chunked: bool
) -> None:
    url = await way()
    body = os.urandom(size)
    data = _pieces(body) if chunked else io.BytesIO(body)
    async with session.post(f"{url}/api/upload", data=data) as reply:
        assert reply.status == 201
        found = await reply.json()
    assert found == {"size": size, "sha256": hashlib.sha256(body).hexdigest()}
    assert streams.asked == ["chunked" if chunked else str(size)]


async def test_a_large_upload_is_not_held_in_memory(
    way: Way, cloud: Cloud, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    """The application takes it slower than it is sent, as over a network."""
    url = await way()
    memory = Memory(cloud)
    size = 96 * MEGABYTE
    data = _pieces(bytes(MEGABYTE), 96)
    async with session.put(f"{url}/api/upload?pace=0.001", data=data) as reply:
        assert (await reply.json())["size"] == size
    assert memory.grown() < ALLOWED


async def test_a_large_response_is_not_held_in_memory(
    way: Way, cloud: Cloud, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    memory, got = Memory(cloud), 0
    async with session.get(f"{url}/api/many?megabytes=96") as reply:
        async for chunk in reply.content.iter_chunked(64 * 1024):
            got += len(chunk)
            await asyncio.sleep(0.0005)
    assert got == 96 * MEGABYTE
    assert memory.grown() < ALLOWED


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_methods_with_a_body(
    way: Way, streams: Streaming, session: aiohttp.ClientSession, method: str
) -> None:
    url = await way()
    async with session.request(method, f"{url}/api/x", data=b"body") as reply:
        found = await reply.json()
    assert (found["method"], found["size"]) == (method, 4)


async def test_a_form_passes_as_it_is(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="trips.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\na,b\r\n1,2\r\n\r\n--x--\r\n"
    )
    sent = {"Content-Type": "multipart/form-data; boundary=x"}
    async with session.post(f"{url}/api/x", data=form, headers=sent) as reply:
        found = await reply.json()
    headers = dict(found["headers"])
    assert headers["content-type"] == "multipart/form-data; boundary=x"
    assert headers["content-length"] == str(len(form))
    assert "transfer-encoding" not in headers
    assert found["sha256"] == hashlib.sha256(form).hexdigest()


async def test_a_packed_body_stays_packed(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    body = gzip.compress(b"x" * 10_000, mtime=0)
    sent = {"Content-Encoding": "gzip", "Content-Type": "text/csv"}
    async with session.post(f"{url}/api/x", data=body, headers=sent) as reply:
        found = await reply.json()
    assert found["sha256"] == hashlib.sha256(body).hexdigest()
    assert dict(found["headers"])["content-encoding"] == "gzip"


async def test_expect_continue(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    async with session.put(f"{url}/api/x", data=b"body", expect100=True) as reply:
        found = await reply.json()
    assert found["size"] == 4


async def test_an_upload_that_breaks_off_breaks_off_for_the_application(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    """It must not take the half for the whole."""
    url = await way()
    half = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        await half.wait()

    asked = asyncio.create_task(session.put(f"{url}/api/upload", data=body()))
    await until(lambda: streams.open["bytes"] == 4)
    asked.cancel()
    await until(lambda: streams.ended == ["left"])


async def _refuse(linger: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    answer = b"200 OK" if head.startswith(b"GET") else b"413 Content Too Large"
    headers = b"Content-Type: application/problem+json\r\nContent-Length: 2\r\nConnection: close"
    writer.write(b"HTTP/1.1 " + answer + b"\r\n" + headers + b"\r\n\r\n{}")
    with contextlib.suppress(ConnectionError):
        await writer.drain()
        if linger:
            writer.write_eof()
        while linger and await reader.read(64 * 1024):
            pass


@asynccontextmanager
async def _refusing(linger: bool) -> AsyncIterator[int]:
    """The port of a server that answers 413 when it has the headers, and closes."""
    connections = set[asyncio.Task[None] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())
        try:
            await _refuse(linger, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
    for connection in filter(None, connections):
        connection.cancel()  # a health check's may be open still
    await asyncio.gather(*filter(None, connections), return_exceptions=True)


@pytest.mark.parametrize("size", [MEGABYTE, 20 * MEGABYTE])
async def test_a_refusal_before_the_end_of_an_upload_arrives(
    way: Way, session: aiohttp.ClientSession, size: int
) -> None:
    """From an application that then takes the rest without looking at it, as uvicorn does."""
    async with _refusing(linger=True) as port:
        url = await way(port=port)
        for _ in range(5):
            async with session.put(f"{url}/api/upload", data=io.BytesIO(bytes(size))) as reply:
                assert (reply.status, await reply.read()) == (413, b"{}")
                assert reply.headers["Content-Type"] == "application/problem+json"


async def test_a_refusal_with_a_reset_is_an_answer_too(
    way: Way, session: aiohttp.ClientSession
) -> None:
    """502 if the reset overtook the response.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
    """
    async with _refusing(linger=False) as port:
        url = await way(port=port)
        for _ in range(5):
            body = io.BytesIO(bytes(20 * MEGABYTE))
            async with asyncio.timeout(20), session.put(f"{url}/api/x", data=body) as reply:
                assert reply.status in (413, 502)
                assert await reply.read()


async def test_an_error_of_the_application_passes_untouched(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    url = await way()
    for _ in range(2):
        async with session.get(f"{url}/api/problem") as reply:
            assert (reply.status, await reply.read()) == (503, PROBLEM)
            assert reply.headers["Retry-After"] == "7"
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert "Age" not in reply.headers
    assert streams.asked == ["problem"] * 2  # and is asked again: it is not kept


async def test_a_trace_goes_on_as_one(
    way: Way, streams: Streaming, session: aiohttp.ClientSession
) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html"""
    url = await way()
    root = "Root=1-67891233-abcdef012345678912345678"
    sent = {"X-Amzn-Trace-Id": root, "X-Request-Id": "abc"}
    async with session.get(f"{url}/api/x", headers=sent) as reply:
        headers = dict((await reply.json())["headers"])
    async with session.get(f"{url}/api/x", headers={"X-Amzn-Trace-Id": "Mine=1"}) as reply:
        other = dict((await reply.json())["headers"])["x-amzn-trace-id"]
    own, _, rest = headers["x-amzn-trace-id"].partition(";")
    assert re.fullmatch(r"Self=1-[0-9a-f]{8}-[0-9a-f]{24}", own)
    assert rest == root
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Mine=1", other)
    assert headers["x-request-id"] == "abc"


async def _pieces(body: bytes, times: int = 1) -> AsyncIterator[bytes]:
    for _ in range(times):
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]
