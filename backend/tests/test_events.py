"""Server-sent events: what any task writes reaches the clients of every task."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.events import BACKLOG, Event, EventType, Feed
from app.main import create_app
from app.settings import Settings

from .conftest import DEADLINE, until_ready, working
from .process import SERVICE, Running, serving
from .shapes import HEADER, ROW, TRIP, register

EVENTS = "/api/v1/events"
HEARTBEAT = 15  # seconds, FastAPI's


@asynccontextmanager
async def task(folder: Path, url: str) -> AsyncIterator[Running]:
    """A task of the service: a process of its own."""
    folder.mkdir()  # noqa: ASYNC240 - a test's own
    async with serving(folder, *SERVICE, DATABASE_URL=url) as running:
        await until_ready(running.client)
        await until_it_listens(url)
        yield running


async def until_it_listens(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(DEADLINE):
            while not await connection.fetchval(LISTENERS):
                await asyncio.sleep(0.02)
    finally:
        await connection.close()


LISTENERS = """
select count(*) from pg_stat_activity
where query ilike 'listen%' and datname = current_database()
"""


async def lines(response: httpx.Response) -> AsyncIterator[str]:
    async with asyncio.timeout(DEADLINE):
        async for line in response.aiter_lines():
            if line:
                yield line


async def next_event(stream: AsyncIterator[str]) -> dict[str, Any]:
    """The next that is none of `reset`, and no comment."""
    async for line in stream:
        if line.startswith(":"):
            continue
        event: dict[str, Any] = json.loads(line.removeprefix("data: "))
        if event["type"] != EventType.RESET:
            return event
    raise AssertionError("the stream has ended")


async def test_what_one_task_writes_the_clients_of_another_see(
    tmp_path: Path, database_url: str
) -> None:
    async with (
        task(tmp_path / "one", database_url) as one,
        task(tmp_path / "other", database_url) as other,
        one.client.stream("GET", EVENTS) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = lines(response)
        driver = (await register(other.client))["id"]
        path = f"/api/v1/drivers/{driver}"
        assert await next_event(stream) == {"type": "driver.created", "driver_id": driver}
        await other.client.post(f"{path}/trips", json=TRIP)
        assert await next_event(stream) == {"type": "trip.stored", "driver_id": driver}
        files = {"file": ("trips.csv", f"{HEADER}\n{ROW}\n{ROW}\n", "text/csv")}
        await other.client.post(f"{path}/trips/upload", files=files)
        assert await next_event(stream) == {"type": "trip.stored", "driver_id": driver}
        await one.client.delete(path)
        assert await next_event(stream) == {"type": "driver.deleted", "driver_id": driver}


async def test_what_is_refused_is_no_event(tmp_path: Path, database_url: str) -> None:
    async with (
        task(tmp_path / "one", database_url) as one,
        one.client.stream("GET", EVENTS) as response,
    ):
        await one.client.post("/api/v1/drivers", json={"name": ""})
        driver = await register(one.client)
        again = {key: driver[key] for key in ("name", "email", "birth_year")}
        assert (await one.client.post("/api/v1/drivers", json=again)).status_code == 409
        second = await register(one.client)
        stream = lines(response)
        seen = [(await next_event(stream))["driver_id"] for _ in range(2)]
    assert seen == [driver["id"], second["id"]]


async def test_a_stream_begins_at_once(tmp_path: Path, database_url: str) -> None:
    async with (
        task(tmp_path / "one", database_url) as one,
        one.client.stream("GET", EVENTS) as response,
        asyncio.timeout(HEARTBEAT / 2),
    ):
        assert await anext(lines(response)) == ": open"


async def test_a_silent_stream_has_a_heartbeat(tmp_path: Path, database_url: str) -> None:
    async with (
        task(tmp_path / "one", database_url) as one,
        one.client.stream("GET", EVENTS) as response,
    ):
        started = time.monotonic()
        async for line in lines(response):
            if line == ": ping":
                break
        else:
            pytest.fail("the stream has ended")
        assert time.monotonic() - started >= HEARTBEAT - 1


async def test_sigterm_ends_the_streams_and_the_service_at_once(
    tmp_path: Path, database_url: str
) -> None:
    async with (
        task(tmp_path / "one", database_url) as one,
        one.client.stream("GET", EVENTS) as response,
    ):
        started = time.monotonic()
        one.process.terminate()
        async for _ in lines(response):
            pass
        assert await one.exit_code() == 0
        assert time.monotonic() - started < 10, "the graceful timeout is 25 s"
    assert not [line for line in one.logged() if line["level"] == "error"]


async def test_a_client_that_leaves_is_forgotten(tmp_path: Path, database_url: str) -> None:
    async with task(tmp_path / "one", database_url) as one:
        for _ in range(20):  # more than the pool has connections
            async with one.client.stream("GET", EVENTS) as response:
                assert response.status_code == 200
        assert (await one.client.get("/health/db")).status_code == 200
        one.process.terminate()
        assert await one.exit_code() == 0


async def test_without_any_database_there_are_no_events(client: httpx.AsyncClient) -> None:
    answer = await client.get(EVENTS)
    assert answer.status_code == 503
    assert "DATABASE_URL" in answer.json()["detail"]


async def test_a_listener_that_is_cut_off_listens_again_and_says_so(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url))
    feed: Feed = app.state.feed
    async with working(app) as client:
        await until_ready(client)
        await until_it_listens(database_url)
        with feed.subscribed() as queue:
            async with asyncio.timeout(DEADLINE):
                await register(client)
                await heard(queue, EventType.DRIVER_CREATED)  # no `reset` of the start is left
                await cut_off(database_url)
                await heard(queue, EventType.RESET)
                driver = await register(client)
                event = await heard(queue, EventType.DRIVER_CREATED)
        assert str(event.driver_id) == driver["id"]


async def heard(queue: asyncio.Queue[Event | None], kind: EventType) -> Event:
    while event := await queue.get():
        if event.type == kind:
            return event
    raise AssertionError("the stream has ended")


async def cut_off(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where query ilike 'listen%' and datname = current_database()"
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("payload", ["", "{}", '{"type": "driver.renamed"}', "\x00"])
async def test_what_another_release_says_is_passed_over(payload: str) -> None:
    feed: Feed = create_app(Settings()).state.feed
    with feed.subscribed() as queue:
        feed.heard(None, 1, "events", payload)
        assert queue.empty()


async def test_a_client_that_falls_behind_is_let_go() -> None:
    feed: Feed = create_app(Settings()).state.feed
    with feed.subscribed() as queue:
        for _ in range(BACKLOG + 1):
            feed.publish(Event(type=EventType.RESET))
        assert await queue.get() is None
