"""A distribution in front of a load balancer, beside its bucket."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.distribution import (
    ALL_VIEWER,
    DISABLED,
    EVERY_METHOD,
    EXCEPT_HOST,
    Site,
    behavior,
    items,
    methods,
)
from tests.integration.cloud.targets import App

pytestmark = pytest.mark.ecs
Serve = Callable[..., App]
MEGABYTE = 1024 * 1024


def in_front(site: Site, balancer: Balancer, policy: str = DISABLED, **options: Any) -> Site:
    """Publish the site with /api/* going to the load balancer."""
    to_app = behavior(
        "app",
        policy,
        **{
            "PathPattern": "/api/*",
            "OriginRequestPolicyId": ALL_VIEWER,
            "AllowedMethods": methods(*EVERY_METHOD),
            **options.pop("api", {}),
        },
    )
    return site.publish(
        origins=[site.bucket_origin(), site.custom_origin(balancer.dns_name)],
        CacheBehaviors=items(to_app),
        **options,
    )


def test_a_path_pattern_chooses_the_origin(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer).put("index.html", "<p>site")
    assert site.get("/").text == "<p>site"
    assert site.get("/api/things").json()["path"] == "/api/things"
    assert site.get("/apis").status_code == 403


def test_the_application_sees_the_viewer(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer)
    sent = {"X-Forwarded-For": "203.0.113.7", "Cookie": "a=1", "X-Mine": "kept"}
    document = site.get("/api/x?a=%20b&c", headers=sent).json()
    headers = dict(document["headers"])
    assert document["path"] == "/api/x?a=%20b&c"
    assert headers["host"] == site.url.removeprefix("http://")
    assert headers["x-forwarded-for"].startswith("203.0.113.7, ")
    assert (headers["cookie"], headers["x-mine"]) == ("a=1", "kept")
    assert "(CloudFront)" in headers["via"]


def test_the_origins_own_host(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer, api={"OriginRequestPolicyId": EXCEPT_HOST})
    headers = dict(site.get("/api/x").json()["headers"])
    assert headers["host"] == balancer.dns_name.lower()


def test_without_an_origin_request_policy_little_goes_on(
    site: Site, balancer: Balancer, app: App
) -> None:
    in_front(site, balancer, api={"OriginRequestPolicyId": ""})
    sent = {"Cookie": "a=1", "X-Mine": "dropped"}
    reply = site.get("/api/x?a=1", headers=sent)
    headers = dict(reply.json()["headers"])
    assert reply.json()["path"] == "/api/x"
    assert headers["user-agent"] == "Amazon CloudFront"
    assert not {"cookie", "x-mine"} & headers.keys()
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_methods(site: Site, balancer: Balancer, app: App, method: str) -> None:
    in_front(site, balancer)
    reply = site.get("/api/x", method=method, content=b"body")
    assert (reply.json()["method"], reply.json()["size"]) == (method, 4)
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_a_method_that_is_not_allowed(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer)
    assert site.get("/", method="POST").status_code == 403
    assert app.seen == []


def test_a_large_upload(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer)
    body = os.urandom(16 * MEGABYTE)
    reply = site.get("/api/x", method="PUT", content=body).json()
    assert reply["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.fixture
async def streaming() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """The port of an application with events, a WebSocket and slow answers."""
    release = asyncio.Event()

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: first\n\n")
        await release.wait()
        await response.write(b"data: second\n\n")
        return response

    async def echo(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{request.path_qs} {message.data}")
        return socket

    application = web.Application()
    application.router.add_get("/api/events", events)
    application.router.add_get("/api/ws", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    served = web.TCPSite(runner, "127.0.0.1", 0)
    await served.start()
    assert served._server is not None
    yield served._server.sockets[0].getsockname()[1], release  # type: ignore[attr-defined]
    release.set()
    await runner.cleanup()


@pytest.mark.parametrize("policy", ["disabled", "optimized"])
async def test_events_are_not_held_back(
    site: Site, balancer: Balancer, streaming: tuple[int, asyncio.Event], policy: str
) -> None:
    port, release = streaming
    balancer.listen()
    balancer.register(port)
    in_front(site, balancer, DISABLED if policy == "disabled" else site.policy(0, 60, 60))
    async with aiohttp.ClientSession() as session, session.get(f"{site.url}/api/events") as reply:
        assert await reply.content.readline() == b"data: first\n"
        release.set()
        assert b"second" in await reply.content.read()


async def test_a_websocket_passes(
    site: Site, balancer: Balancer, streaming: tuple[int, asyncio.Event]
) -> None:
    balancer.listen()
    balancer.register(streaming[0])
    in_front(site, balancer)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{site.url}/api/ws?a=1") as socket,
    ):
        await socket.send_str("hello")
        assert await socket.receive_str() == "/api/ws?a=1 hello"


async def test_one_request_reaches_the_origin_of_many(
    site: Site, balancer: Balancer, app: App
) -> None:
    in_front(site, balancer, site.policy(60, 60, 60), api={"PathPattern": "/slow"})
    url = site.url
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
        asked = [asyncio.create_task(client.get("/slow")) for _ in range(8)]
        assert await asyncio.to_thread(app.arrived.wait, 10)
        await client.get("/other")  # the edge has all eight when it has answered the ninth
        app.release.set()
        replies = await asyncio.gather(*asked)
    assert app.seen == ["/slow"]
    kinds = sorted(reply.headers["x-cache"] for reply in replies)
    assert kinds == ["Hit from cloudfront"] * 7 + ["Miss from cloudfront"]


def test_an_origin_that_is_down(site: Site, balancer: Balancer) -> None:
    balancer.listen()
    in_front(site, balancer)
    reply = site.get("/api/x")
    assert reply.status_code == 503  # the load balancer has no target
    assert reply.headers["x-cache"] == "Error from cloudfront"


def test_an_origin_that_breaks_off(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer, api={"PathPattern": "/broken"})
    with pytest.raises(httpx.RemoteProtocolError):
        site.get("/broken")


def test_a_load_balancer_without_a_listener(site: Site, balancer: Balancer) -> None:
    in_front(site, balancer)
    reply = site.get("/api/x")
    assert reply.status_code == 502
    assert "origin" in reply.text


def test_an_unknown_origin(site: Site) -> None:
    origins = [site.custom_origin("example.com")]
    site.publish(behavior("app"), origins=origins)
    assert site.get("/x").status_code == 502


def test_an_error_is_kept_even_where_nothing_else_is(
    site: Site, balancer: Balancer, serve: Serve
) -> None:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html"""
    balancer.listen()
    in_front(site, balancer)
    assert site.get("/api/x").status_code == 503
    made = serve()
    balancer.register(made.port)
    balancer.until(made.port, "healthy")
    assert site.get("/api/x").status_code == 503
    assert site.get("/api/other").status_code == 200


def test_a_single_page_application(site: Site) -> None:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html"""
    rule = {
        "ErrorCode": 403,
        "ResponsePagePath": "/index.html",
        "ResponseCode": "200",
        "ErrorCachingMinTTL": 0,
    }
    site.publish(CustomErrorResponses=items(rule)).put("index.html", "<p>app")
    reply = site.get("/deep/link")
    assert (reply.status_code, reply.text) == (200, "<p>app")
    assert reply.headers["x-cache"] == "Error from cloudfront"
    site.put("deep/link", "now there", "text/plain")
    assert site.get("/deep/link").text == "now there"


def test_an_error_page_that_is_missing(site: Site) -> None:
    rule = {
        "ErrorCode": 403,
        "ResponsePagePath": "/gone.html",
        "ResponseCode": "404",
        "ErrorCachingMinTTL": 0,
    }
    site.publish(CustomErrorResponses=items(rule))
    assert site.get("/deep/link").status_code == 403


def test_what_is_stale_is_better_than_an_error(site: Site, balancer: Balancer, app: App) -> None:
    in_front(site, balancer, site.policy(1, 1, 1))
    first = site.get("/api/x")
    balancer.elb.delete_listener(ListenerArn=balancer.listener)
    reply = site.get("/api/x")
    assert reply.status_code == 200
    assert reply.text == first.text
