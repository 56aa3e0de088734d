"""What passes a load balancer on its way: headers, bodies, streams, WebSockets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
"""

import hashlib
import http.client
import json
import os
from collections.abc import AsyncIterator, Iterator

import aiohttp
import httpx
import pytest
from aiohttp import web

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.targets import App

pytestmark = pytest.mark.ecs
MEGABYTE = 1024 * 1024


@pytest.fixture(params=["listener", "host header"])
def client(request: pytest.FixtureRequest, app: App, balancer: Balancer) -> Iterator[httpx.Client]:
    """A client of the application, by the listener's own port or by the API port."""
    direct = request.param == "listener"
    base = balancer.url if direct else balancer.cloud.endpoint
    headers = {} if direct else {"Host": f"{balancer.name}.alb.localhost"}
    with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60) as made:
        yield made


def test_forwarded_headers(client: httpx.Client, balancer: Balancer) -> None:
    sent = {"X-Forwarded-For": "203.0.113.7", "X-Mine": "kept"}
    headers = dict(client.get("/a?b=%20c", headers=sent).json()["headers"])
    assert headers["x-forwarded-for"].startswith("203.0.113.7, ")
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == balancer.url.rpartition(":")[2]
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert headers["x-mine"] == "kept"


def test_hop_by_hop_headers_stay_behind(client: httpx.Client) -> None:
    """RFC 9110, section 7.6.1."""
    sent = {"Connection": "X-Private", "X-Private": "1", "TE": "trailers", "Keep-Alive": "5"}
    headers = dict(client.get("/", headers=sent).json()["headers"])
    assert not {"x-private", "te", "keep-alive"} & headers.keys()


def test_the_path_is_not_touched(client: httpx.Client) -> None:
    path = "/a%2Fb//c/../d%20e?x=1&x=2&y=%26"
    # httpx would normalize it
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    connection.request("GET", path, headers={"Host": client.headers.get("Host", "localhost")})
    assert json.load(connection.getresponse())["path"] == path
    connection.close()


def test_repeated_response_headers(client: httpx.Client) -> None:
    assert client.get("/").headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_no_response_header_is_invented(app: App, balancer: Balancer) -> None:
    headers = balancer.get("/").headers
    assert "content-type" not in headers
    assert "aiohttp" not in headers.get("server", "")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_methods(client: httpx.Client, method: str) -> None:
    assert client.request(method, "/").json()["method"] == method


def test_head_has_a_length_and_no_body(client: httpx.Client) -> None:
    reply = client.head("/")
    assert int(reply.headers["content-length"]) > 0
    assert reply.content == b""


def test_a_large_body_arrives_whole(client: httpx.Client) -> None:
    body = os.urandom(32 * MEGABYTE)
    reply = client.put("/", content=body).json()
    assert reply["sha256"] == hashlib.sha256(body).hexdigest()
    assert ["content-length", str(len(body))] in reply["headers"]


def test_a_chunked_body_arrives_whole(client: httpx.Client) -> None:
    parts = [os.urandom(MEGABYTE) for _ in range(8)]
    reply = client.post("/", content=iter(parts)).json()
    assert reply["sha256"] == hashlib.sha256(b"".join(parts)).hexdigest()


def test_a_large_response_arrives_whole(client: httpx.Client) -> None:
    with client.stream("GET", "/large") as reply:
        assert sum(len(chunk) for chunk in reply.iter_raw()) == 50_000_000


def test_a_response_is_streamed(app: App, client: httpx.Client) -> None:
    """The first line is here before the application has written the second."""
    with client.stream("GET", "/stream") as reply:
        lines = reply.iter_lines()
        assert next(lines) == "first"
        app.release.set()
        assert next(lines) == "second"


def test_a_response_that_breaks_off_is_an_error(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/broken")


def test_keep_alive(app: App, balancer: Balancer) -> None:
    host, _, port = balancer.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", "/one")
    connection.getresponse().read()
    kept = connection.sock
    connection.request("GET", "/two")
    connection.getresponse().read()
    assert connection.sock is kept
    connection.close()


def test_expect_continue(app: App, balancer: Balancer) -> None:
    reply = httpx.post(
        balancer.url, content=b"x" * 10, headers={"Expect": "100-continue"}, trust_env=False
    )
    assert reply.json()["size"] == 10


@pytest.fixture
async def socket_port() -> AsyncIterator[int]:
    """The port of an application that echoes over a WebSocket."""

    async def echo(request: web.Request) -> web.StreamResponse:
        if "refuse" in request.query:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(protocols=("chat",))
        await socket.prepare(request)
        async for message in socket:
            if message.data == "bye":
                await socket.close(code=4001)
            elif message.type is aiohttp.WSMsgType.TEXT:
                await socket.send_str(f"{request.path_qs} {message.data}")
            else:
                await socket.send_bytes(message.data)
        return socket

    application = web.Application()
    application.router.add_get("/ws", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    await runner.cleanup()


@pytest.mark.parametrize("way", ["listener", "host header"])
async def test_a_websocket(balancer: Balancer, socket_port: int, way: str) -> None:
    balancer.listen()
    balancer.register(socket_port)
    direct = way == "listener"
    base = balancer.url if direct else balancer.cloud.endpoint
    headers = {} if direct else {"Host": f"{balancer.name}.alb.localhost"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{base}/ws?a=1", headers=headers, protocols=("chat",)) as socket,
    ):
        assert socket.protocol == "chat"
        await socket.send_str("hello")
        assert await socket.receive_str() == "/ws?a=1 hello"
        await socket.send_bytes(b"\0" * MEGABYTE)
        assert await socket.receive_bytes() == b"\0" * MEGABYTE
        await socket.send_str("bye")
        last = await socket.receive()
        assert last.type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4001


async def test_a_refused_websocket(balancer: Balancer, socket_port: int) -> None:
    balancer.listen()
    balancer.register(socket_port)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{balancer.url}/ws?refuse=1")
    assert caught.value.status == 403
