"""What happens, as server-sent events: every task's clients see every task's writes, because the
database passes the news on (LISTEN and NOTIFY, in the transaction of the write).

One connection of each task listens, whatever the number of its clients. While the database is
away the streams stay open; when it is back they are told to read again (`reset`), because what
was sent meanwhile is lost.
https://www.postgresql.org/docs/current/sql-notify.html
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

import asyncpg
import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ValidationError
from structlog.stdlib import BoundLogger

from app.database import Connection, Database, connect_options, reason
from app.problems import UnavailableError

CHANNEL = "events"
NOTIFY = "select pg_notify($1, $2)"
BACKLOG = 1000  # events that a slow client may be behind, before its stream ends
CHECK = 15.0  # seconds after which a silent connection is asked whether it still lives
RETRY = 1.0  # seconds between two tries to listen again
# Said at once: some proxies keep the headers back until there is a first byte of the body. Any,
# because it is no event: what a stream is said to yield is its description in the OpenAPI.
OPEN: Any = ServerSentEvent(comment="open")

router = APIRouter(tags=["events"])
logger: BoundLogger = structlog.get_logger("app.events")


class EventType(StrEnum):
    DRIVER_CREATED = "driver.created"
    DRIVER_DELETED = "driver.deleted"
    TRIP_STORED = "trip.stored"
    RESET = "reset"


class Event(BaseModel):
    """`reset` has no driver: something may have been missed, read again what is shown."""

    type: EventType
    driver_id: UUID | None = None


async def notify(
    connection: "Connection[asyncpg.Record]", kind: EventType, driver_id: UUID
) -> None:
    """Sent when the transaction is committed, and never without it."""
    event = Event(type=kind, driver_id=driver_id)
    await connection.execute(NOTIFY, CHANNEL, event.model_dump_json())


class Feed:
    """Passes on what the database says to every client of this process.

    An asynchronous context that listens; `close` ends all streams, for a server that drains.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.queues: set[asyncio.Queue[Event | None]] = set()
        self.closed = False
        self.listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self.database.settings.database_url:
            self.listening = asyncio.create_task(self.listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        if self.listening:
            self.listening.cancel()
            await asyncio.gather(self.listening, return_exceptions=True)

    def close(self) -> None:
        self.closed = True
        for queue in list(self.queues):
            end(queue)

    @contextmanager
    def subscribed(self) -> Any:
        queue: asyncio.Queue[Event | None] = asyncio.Queue(BACKLOG)
        self.queues.add(queue)
        if self.closed:
            end(queue)
        try:
            yield queue
        finally:
            self.queues.discard(queue)

    async def listen(self) -> None:
        while True:
            try:
                await self.listen_once()
            except UnavailableError:
                pass  # the database says so itself; at the start it is only not there yet
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("not listening for events", reason=reason(error))
            await asyncio.sleep(RETRY)

    async def listen_once(self) -> None:
        """Until the connection is lost."""
        lost = asyncio.Event()
        async with self.database.borrowed() as connection:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self.heard)
            self.publish(Event(type=EventType.RESET))
            try:
                while not await within(CHECK, lost):
                    await connection.execute("select 1")
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(CHANNEL, self.heard)

    def heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        """A listener that raises would be dropped; who speaks is a task of another release."""
        try:
            self.publish(Event.model_validate_json(str(payload)))
        except ValidationError:
            logger.warning("an event of an unknown kind was passed over")

    def publish(self, event: Event) -> None:
        for queue in list(self.queues):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                end(queue)  # the client connects again, and reads again


async def within(seconds: float, event: asyncio.Event) -> bool:
    """Whether it happens in so many seconds."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def end(queue: asyncio.Queue[Event | None]) -> None:
    """None ends the stream, and comes before all that waits."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)


def feed_of(request: Request) -> Feed:
    """The dependency behind News: create_app keeps the feed in the application's state.

    Raises UnavailableError where there is no database at all; one that is away may come back.
    """
    feed: Feed = request.app.state.feed
    connect_options(feed.database.settings)
    return feed


News = Annotated[Feed, Depends(feed_of)]


@router.get("/events", response_class=EventSourceResponse)
async def events(feed: News) -> AsyncIterator[Event]:
    with feed.subscribed() as queue:
        yield OPEN
        while event := await queue.get():
            yield event
