"""The application under test, reached over ASGI, and the lines that it logs."""

import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from app.logs import configure_logs
from app.main import create_app
from app.settings import Settings

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
