"""A migration: Alembic over asyncpg, under a lock that keeps two from running at once.

It is loaded by Alembic (migrations/env.py) and not by the service.
"""

import asyncio
import os
from typing import TYPE_CHECKING, Any

import asyncpg
from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from .database import AWAY, connect_options, reason
from .logs import configure_logs
from .problems import UnavailableError
from .settings import Settings, SettingsError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

# Any number will do that nobody else takes; it is for the whole database.
LOCK = 7_468_209_113
# Seconds that a table's lock is waited for: a migration that waits for a table keeps everybody
# behind it waiting as well.
# https://www.postgresql.org/docs/current/explicit-locking.html
TABLE_LOCK = 5
LOCK_NOT_AVAILABLE = (
    "55P03"  # lock_timeout; https://www.postgresql.org/docs/current/errcodes-appendix.html
)


def run() -> None:
    """Do what Alembic's command line asks for. Raises CommandError, which Alembic prints."""
    try:
        settings = Settings.from_environment(os.environ)
        options = connect_options(settings)
    except (SettingsError, UnavailableError) as error:
        raise CommandError(str(error)) from None
    configure_logs(settings.log_level, settings.app_source_tag)
    asyncio.run(migrate(options, settings.migration_lock_timeout))


async def migrate(options: dict[str, Any], wait: float) -> None:
    async def connected() -> "asyncpg.Connection[asyncpg.Record]":
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(**options)
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connected, poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            await under_lock(connection, wait)
    except AWAY as error:
        raise CommandError(f"the database can't be reached: {reason(error)}") from error


async def under_lock(connection: "AsyncConnection", wait: float) -> None:
    """The lock belongs to the connection, and ends with it however this process ends."""
    await limit_waiting(connection, wait)
    try:
        await connection.execute(text(f"select pg_advisory_lock({LOCK})"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise CommandError(
            f"another migration has been running for {wait:g} s: wait for it, or end it"
        ) from None
    await limit_waiting(connection, TABLE_LOCK)
    await connection.commit()
    await connection.run_sync(apply)


async def limit_waiting(connection: "AsyncConnection", seconds: float) -> None:
    await connection.execute(text(f"set lock_timeout = {round(seconds * 1000)}"))


def apply(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
