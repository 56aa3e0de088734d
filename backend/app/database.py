"""The database: a pool of connections that outlives the database's restarts.

What can't be reached, is too slow or too full ends a request with 503 and Retry-After, and the
next request tries again: a task is never replaced for what its database does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Self

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy
from fastapi import Depends, Request
from structlog.stdlib import BoundLogger

from .problems import UnavailableError
from .settings import Settings

RETRY = 1.0  # seconds between two tries to open the pool
CLOSE = 3.0  # seconds for the connections to end well

# Not reachable, or reachable and refusing: it starts, stops, is full, knows no such user. A
# statement that was cancelled took longer than its timeout.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.QueryCanceledError,
    asyncpg.UndefinedTableError,  # the migrations have not run
)

# How asyncpg says that a connection, or the pool, ended while it was in use.
LOST = ("is closed", "is closing", "has been released back to the pool")

Connection = PoolConnectionProxy

logger: BoundLogger = structlog.get_logger("app.database")


def connect_options(settings: Settings) -> dict[str, Any]:
    """What asyncpg.connect takes. TLS is up to the URL's sslmode; verify-full looks for the
    certificates where PGSSLROOTCERT says, which the image sets.

    Raises UnavailableError without DATABASE_URL.
    """
    if settings.database_url is None:
        raise UnavailableError("there is no database: DATABASE_URL is not set")
    name = f"backend {settings.app_source_tag or ''}".strip()
    return {
        "dsn": settings.database_url.get_secret_value(),
        "timeout": settings.database_connect_timeout,
        "server_settings": {"application_name": name, "timezone": "UTC"},
    }


def pool_options(settings: Settings) -> dict[str, Any]:
    """The server ends what takes too long; a little later so does the client, for a server that
    went away without a word.
    """
    options = connect_options(settings)
    milliseconds = round(settings.database_statement_timeout * 1000)
    options["server_settings"]["statement_timeout"] = str(milliseconds)
    return options | {
        "min_size": settings.database_pool_min,
        "max_size": settings.database_pool_max,
        "command_timeout": settings.database_statement_timeout + 1,
    }


def reason(error: BaseException) -> str:
    """A line for the log: asyncpg's messages name host and user, never the password."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


class Database:
    """An asynchronous context that opens the pool, and goes on trying while it can't."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool: asyncpg.Pool | None = None
        self.opening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self.settings.database_url:
            self.opening = asyncio.create_task(self.open())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.opening:
            self.opening.cancel()
            await asyncio.gather(self.opening, return_exceptions=True)
        if self.pool:
            await close(self.pool)

    async def open(self) -> None:
        options = pool_options(self.settings)
        said = ""
        while self.pool is None:
            try:
                self.pool = await asyncpg.create_pool(**options)
            except (*AWAY, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if reason(error) != said:
                    said = reason(error)
                    logger.warning("no connection to the database", reason=said)
                await asyncio.sleep(RETRY)
        logger.info("connected to the database")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Connection[asyncpg.Record]"]:
        """A connection for as long as the block takes, in a transaction of its own.

        Raises UnavailableError for whatever keeps the database from answering.
        """
        async with self.borrowed() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator["Connection[asyncpg.Record]"]:
        pool = self.opened()
        try:
            async with pool.acquire(timeout=self.settings.database_connect_timeout) as connection:
                yield connection
        except AWAY as error:
            raise self.away(error) from error
        except asyncpg.InterfaceError as error:
            if not is_lost(error):
                raise
            raise self.away(error) from error

    def opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self.pool is None:
            connect_options(self.settings)
            raise UnavailableError("the database can't be reached yet")
        return self.pool

    def away(self, error: Exception) -> UnavailableError:
        logger.warning("the database did not answer", reason=reason(error))
        if isinstance(error, asyncpg.UndefinedTableError):
            return UnavailableError("the database has no tables yet: run the migrations")
        if isinstance(error, asyncpg.QueryCanceledError):
            return UnavailableError("the database took too long")
        return UnavailableError("the database can't be reached")

    async def check(self) -> str | None:
        """None if it answers, else what is missing."""
        try:
            async with self.borrowed() as connection:
                await connection.execute("select 1")
        except UnavailableError as error:
            return error.detail
        return None


def is_lost(error: asyncpg.InterfaceError) -> bool:
    """Asyncpg has no type of its own for it; its other interface errors are mistakes of ours."""
    return any(said in str(error) for said in LOST)


async def close(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    with suppress(TimeoutError, *AWAY):
        async with asyncio.timeout(CLOSE):
            await pool.close()
            return
    pool.terminate()


def database_of(request: Request) -> Database:
    """The dependency behind Data: create_app keeps the database in the application's state."""
    database: Database = request.app.state.database
    return database


Data = Annotated[Database, Depends(database_of)]
