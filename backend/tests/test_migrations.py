"""Migrations, by Alembic's command line against a real PostgreSQL."""

import asyncio
import subprocess

import asyncpg
import pytest

from app.migrating import LOCK

from .alembic import BACKEND, alembic, argv, environment
from .postgres import Postgres


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


@pytest.fixture
def empty(server: Postgres, database: str) -> str:
    return server.url(database)


def succeeds(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = alembic(url, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


async def test_up_down_and_up_again(empty: str) -> None:
    succeeds(empty, "upgrade", "head")
    assert await tables(empty) == {"alembic_version", "drivers", "trips"}
    succeeds(empty, "downgrade", "-1")
    assert await tables(empty) == {"alembic_version", "drivers"}
    succeeds(empty, "downgrade", "base")
    assert await tables(empty) == {"alembic_version"}
    succeeds(empty, "upgrade", "head")
    assert await tables(empty) == {"alembic_version", "drivers", "trips"}


async def test_each_revision_is_logged_as_json(empty: str) -> None:
    done = succeeds(empty, "upgrade", "head")
    assert '"event": "Running upgrade 0001 -> 0002, trips"' in done.stdout


async def test_nothing_to_do_is_fine(empty: str) -> None:
    succeeds(empty, "upgrade", "head")
    assert "Running upgrade" not in succeeds(empty, "upgrade", "head").stdout


async def test_two_at_once_run_one_after_the_other(empty: str) -> None:
    both = [
        await asyncio.create_subprocess_exec(
            *argv("upgrade", "head"),
            cwd=BACKEND,
            env=environment(empty),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    said = [(await process.communicate())[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(out.count("Running upgrade") for out in said) == [0, 2]


async def test_who_waits_too_long_for_another_is_told_so(empty: str) -> None:
    other = await asyncpg.connect(empty)
    try:
        await other.execute(f"select pg_advisory_lock({LOCK})")
        done = await asyncio.to_thread(
            alembic, empty, "upgrade", "head", MIGRATION_LOCK_TIMEOUT="0.2"
        )
    finally:
        await other.close()
    assert done.returncode != 0
    assert "another migration has been running for 0.2 s" in done.stdout
    assert await tables(empty) == set()


async def test_a_table_that_is_in_use_fails_the_migration_and_leaves_all_as_it_was(
    empty: str,
) -> None:
    succeeds(empty, "upgrade", "head")
    other = await asyncpg.connect(empty)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("select * from drivers")
        done = await asyncio.to_thread(alembic, empty, "downgrade", "base")
        await transaction.rollback()
    finally:
        await other.close()
    assert done.returncode != 0
    assert "lock timeout" in done.stdout + done.stderr
    assert await tables(empty) == {"alembic_version", "drivers", "trips"}


def test_without_a_database_the_variable_is_named() -> None:
    done = alembic(None, "upgrade", "head")
    assert done.returncode != 0
    assert "DATABASE_URL is not set" in done.stdout


def test_a_database_that_is_away_is_told_without_a_password() -> None:
    done = alembic("postgresql://ann:hunter2@127.0.0.1:1/app?sslmode=disable", "upgrade", "head")
    assert done.returncode != 0
    assert "the database can't be reached" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_there_is_one_head() -> None:
    assert len(alembic(None, "heads").stdout.splitlines()) == 1
