"""What the service answers: who it is, how it is, what it runs."""

import platform
from datetime import UTC, datetime

import httpx
import pytest

from app.main import GREETING

from .conftest import Connect

NOT_FOUND = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found"}


async def test_root_greets_and_says_what_runs(connect: Connect) -> None:
    async with connect(app_source_tag="src-1") as client:
        answer = await client.get("/")
    assert answer.json() == {"message": GREETING, "source_tag": "src-1", "docs": "/docs"}


@pytest.mark.parametrize("path", ["/health", "/api/health"])
async def test_health_is_ok(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_version_tells_commit_source_tag_python_and_start(connect: Connect) -> None:
    before = datetime.now(UTC)
    async with connect(app_commit="c0ffee", app_source_tag="src-1") as client:
        version = (await client.get("/version")).json()
    assert before <= datetime.fromisoformat(version.pop("started_at")) <= datetime.now(UTC)
    python = platform.python_version()
    assert version == {"commit": "c0ffee", "source_tag": "src-1", "python": python}


async def test_the_site_is_told_the_same_version(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/version")).json() == (await client.get("/version")).json()


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/v1/nothing"])
async def test_an_unknown_path_of_the_api_is_a_problem(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/health", "GET"),
        ("/api/v1/drivers", "GET, POST"),
        ("/api/v1/drivers/00000000-0000-4000-8000-000000000000", "GET, DELETE"),
    ],
)
async def test_a_method_that_there_is_not_names_those_that_there_are(
    client: httpx.AsyncClient, path: str, methods: str
) -> None:
    answer = await client.put(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


async def test_version_invents_nothing_that_nobody_told(client: httpx.AsyncClient) -> None:
    version = (await client.get("/version")).json()
    assert version["commit"] is None
    assert version["source_tag"] is None


async def test_openapi_describes_what_is_served(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/", "/health", "/version", "/api/health", "/api/version"} <= set(paths)
