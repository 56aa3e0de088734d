"""Which sites may call the service from a browser, by the preflight that a browser sends."""

import httpx
import pytest

from app.main import create_app
from app.settings import Settings

from .conftest import Connect, connect_to

ORIGINS = ("https://app.example.com", "http://localhost:8080")


async def preflight(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    return await client.options(
        "/health",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-request-id",
        },
    )


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_configured_origin_is_allowed(connect: Connect, origin: str) -> None:
    async with connect(cors_origins=",".join(ORIGINS)) as client:
        answer = await preflight(client, origin)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "https://app.example.com.evil.test", "null"]
)
async def test_any_other_origin_is_not(connect: Connect, origin: str) -> None:
    async with connect(cors_origins=",".join(ORIGINS)) as client:
        answer = await preflight(client, origin)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


async def test_without_configuration_no_origin_is_allowed(client: httpx.AsyncClient) -> None:
    answer = await preflight(client, "https://app.example.com")
    assert "access-control-allow-origin" not in answer.headers


async def test_credentials_are_allowed_to_named_origins(connect: Connect) -> None:
    async with connect(cors_origins=ORIGINS, cors_credentials=True) as client:
        answer = await preflight(client, ORIGINS[0])
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_any_origin_is_allowed_without_credentials(connect: Connect) -> None:
    async with connect(cors_origins="*") as client:
        answer = await preflight(client, "https://anyone.test")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_site_may_read_a_failure_and_its_request_id() -> None:
    app = create_app(Settings(cors_origins=ORIGINS))
    app.get("/broken")(lambda: 1 / 0)
    async with connect_to(app) as client:
        answer = await client.get("/broken", headers={"Origin": ORIGINS[0]})
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == ORIGINS[0]
    assert answer.headers["access-control-expose-headers"] == "Location, Retry-After, X-Request-ID"
    assert answer.headers["x-request-id"]
