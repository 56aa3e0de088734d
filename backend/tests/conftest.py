"""The application under test, reached over ASGI, its database, and the lines that it logs."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.logs import configure_logs
from app.main import create_app
from app.settings import Settings

from .alembic import alembic
from .certificates import Authority, authority
from .postgres import Postgres, postgres

DEADLINE = 30.0  # seconds
TEMPLATE = "migrated"

Connect = Callable[..., httpx.AsyncClient]
Lines = Callable[[], list[dict[str, Any]]]


def connect_to(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://backend.test")


@pytest.fixture
def connect() -> Connect:
    """A client of an application with these settings: connect(cors_origins="https://a.test")."""
    return lambda **settings: connect_to(create_app(Settings(**settings)))


@pytest.fixture
async def client(connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    async with connect() as client:
        yield client


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What has been logged to stdout so far, each line parsed as JSON."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    configure_logs("debug", "src-1")
    yield lambda: [json.loads(line) for line in stdout.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@asynccontextmanager
async def working(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application while it works, from start to end."""
    async with app.router.lifespan_context(app), connect_to(app) as client:
        yield client


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(DEADLINE):
        while (await client.get("/health/db")).status_code != HTTPStatus.OK:
            await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority of the database's certificate, which is for localhost."""
    return authority(tmp_path_factory.mktemp("ca") / "ours")


@pytest.fixture(scope="session")
def server(ca: Authority) -> Iterator[Postgres]:
    with postgres(ca.issue("localhost")) as server:
        yield server


@pytest.fixture(scope="session")
def migrated(server: Postgres) -> Postgres:
    """The server with a database to copy, at the newest revision."""
    asyncio.run(server.run(f"create database {TEMPLATE}"))
    done = alembic(server.url(TEMPLATE), "upgrade", "head")
    assert done.returncode == 0, done.stdout + done.stderr
    return server


@pytest.fixture
async def database(server: Postgres) -> AsyncIterator[str]:
    """The name of an empty database."""
    name = f"empty_{uuid4().hex[:12]}"
    await server.run(f"create database {name}")
    yield name
    await server.run(f"drop database {name} with (force)")


@pytest.fixture
async def database_url(migrated: Postgres) -> AsyncIterator[str]:
    """The URL of a database with all tables and no row."""
    name = f"test_{uuid4().hex[:12]}"
    await migrated.run(f"create database {name} template {TEMPLATE}")
    yield migrated.url(name)
    await migrated.run(f"drop database {name} with (force)")


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The service with its database, ready."""
    async with working(create_app(Settings(database_url=database_url))) as client:
        await until_ready(client)
        yield client
