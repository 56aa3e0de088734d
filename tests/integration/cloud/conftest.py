import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial

import aiohttp
import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.distribution import Site
from tests.integration.cloud.streaming import Streaming, in_front, streaming, until
from tests.integration.cloud.targets import App, running
from tests.integration.local_cloud import Cloud


@pytest.fixture
def balancer(cloud: Cloud) -> Iterator[Balancer]:
    """A load balancer without a listener; it is deleted afterwards."""
    with closing(Balancer(cloud)) as made:
        yield made


@pytest.fixture
def site(cloud: Cloud) -> Iterator[Site]:
    """A private bucket whose distribution is yet to be published; both are deleted afterwards."""
    with closing(Site(cloud)) as made:
        yield made


@pytest.fixture
def serve() -> Iterator[Callable[..., App]]:
    """Start an application: `serve(name="a", health=500)`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(running(App(**options)))


@pytest.fixture
def app(balancer: Balancer, serve: Callable[..., App]) -> App:
    """An application behind the load balancer."""
    made = serve()
    balancer.listen()
    balancer.register(made.port)
    return made


@pytest.fixture
async def streams() -> AsyncIterator[Streaming]:
    """An application that streams, behind nothing yet."""
    async with streaming() as made:
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A viewer that takes bodies as they come.

    It is gone when its connections are: aiohttp keeps one, whose answer came before the end of the
    upload, until what is left in its buffer is sent, and a loop that ends earlier leaves it open.
    """
    sockets: list[socket.socket] = []

    def opened(address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        sockets.append(socket.socket(family, kind, protocol))
        return sockets[-1]

    connector = aiohttp.TCPConnector(limit=0, socket_factory=opened)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as made:
        yield made
    await until(lambda: all(connection.fileno() < 0 for connection in sockets))


@pytest.fixture(params=["load balancer", "distribution"])
def way(
    request: pytest.FixtureRequest, balancer: Balancer, streams: Streaming
) -> Callable[..., Awaitable[str]]:
    """Put the application behind a load balancer, or that behind a distribution; give its URL.

    `way(delay=2)` sets the load balancer's deregistration delay, `idle` its idle timeout, `read`
    the distribution's origin read timeout, all in seconds; `port` is of another application.
    """
    behind = None if request.param == "load balancer" else request.getfixturevalue("site")

    def made(delay: int = 5, idle: int = 0, read: int = 30, port: int = 0) -> str:
        balancer.listen(delay=delay)
        if idle:
            balancer.idle_after(idle)
        balancer.register(port or streams.port)
        balancer.until(port or streams.port, "healthy")
        return in_front(behind, balancer, OriginReadTimeout=read).url if behind else balancer.url

    # The application lives in the test's loop, and its health check must not wait for boto3.
    return partial(asyncio.to_thread, made)
