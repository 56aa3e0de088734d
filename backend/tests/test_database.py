"""The service and its database: away, back, slow, crowded, behind a difficult password."""

import asyncio
import string
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import asyncpg
import httpx
import pytest

from app.database import Database
from app.main import create_app
from app.pricing import Model, load_model
from app.problems import MEDIA_TYPE, UnavailableError
from app.settings import Settings

from .conftest import DEADLINE, until_ready, working
from .postgres import Postgres
from .process import SERVICE, serving
from .shapes import TRIP, register, somebody

DRIVERS = "/api/v1/drivers"


async def until(client: httpx.AsyncClient, status: int) -> httpx.Response:
    """The list's first answer with this status."""
    async with asyncio.timeout(DEADLINE):
        while (answer := await client.get(DRIVERS)).status_code != status:
            await asyncio.sleep(0.05)
    return answer


def is_unavailable(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 503
        and answer.headers["content-type"] == MEDIA_TYPE
        and int(answer.headers["retry-after"]) > 0
    )


async def test_a_database_that_restarts_is_missed_and_found_again(
    server: Postgres, database_url: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, *SERVICE, DATABASE_URL=database_url) as running:
        await until_ready(running.client)
        driver = await register(running.client)
        await asyncio.to_thread(server.stop)
        try:
            assert is_unavailable(await until(running.client, 503))
            assert is_unavailable(await running.client.post(DRIVERS, json=somebody()))
            ready = await running.client.get("/health/db")
            assert ready.status_code == 503
            assert ready.json()["missing"] == ["the database can't be reached"]
            assert (await running.client.get("/health")).status_code == 200
        finally:
            await asyncio.to_thread(server.go_on)
        again = await until(running.client, 200)
        assert [found["id"] for found in again.json()["items"]] == [driver["id"]]
        await register(running.client)
        assert running.process.returncode is None


async def test_a_database_that_comes_later_is_waited_for(
    server: Postgres, database_url: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(server.stop)
    try:
        async with serving(tmp_path, *SERVICE, DATABASE_URL=database_url) as running:
            assert is_unavailable(await running.client.get(DRIVERS))
            await asyncio.to_thread(server.go_on)
            await until(running.client, 200)
            running.process.terminate()
            assert await running.exit_code() == 0
    finally:
        await asyncio.to_thread(server.go_on)


async def test_without_a_database_the_service_lives_and_is_not_ready(tmp_path: Path) -> None:
    async with serving(tmp_path, *SERVICE, DATABASE_URL="") as running:
        assert (await running.client.get("/health")).status_code == 200
        ready = await running.client.get("/health/db")
        assert is_unavailable(await running.client.get(DRIVERS))
    assert ready.status_code == 503
    assert "there is no database: DATABASE_URL is not set" in ready.json()["missing"]


async def test_without_tables_the_remedy_is_told(server: Postgres, database: str) -> None:
    settings = Settings(database_url=server.url(database))
    async with working(create_app(settings)) as client:
        await until_ready(client)
        answer = await client.get(DRIVERS)
    assert is_unavailable(answer)
    assert "run the migrations" in answer.json()["detail"]


async def test_it_is_ready_when_the_model_is_loaded_too(database_url: str) -> None:
    release = Event()

    def slowly() -> Model:
        release.wait(DEADLINE)
        return load_model()

    app = create_app(Settings(database_url=database_url), load=slowly)
    async with working(app) as client:
        await until(client, 200)
        path = f"{DRIVERS}/{(await register(client))['id']}"
        ready = await client.get("/health/db")
        refused = [await client.get(f"{path}/price"), await client.post(f"{path}/trips", json=TRIP)]
        release.set()
        await until_ready(client)
        assert (await client.get(f"{path}/price")).status_code == 200
    assert (ready.status_code, ready.json()["missing"]) == (
        503,
        ["the pricing model is being loaded"],
    )
    assert all(is_unavailable(answer) for answer in refused)


async def test_a_model_that_is_broken_leaves_it_unready(tmp_path: Path, database_url: str) -> None:
    broken = tmp_path / "model.json"
    broken.write_text('{"version": "1"}')
    app = create_app(Settings(database_url=database_url), load=lambda: load_model(broken))
    async with working(app) as client:
        await until(client, 200)
        ready = await client.get("/health/db")
    assert ready.status_code == 503
    assert ready.json()["missing"] == ["the pricing model could not be loaded"]


@pytest.fixture
async def difficult(server: Postgres) -> AsyncIterator[tuple[str, str]]:
    """A user and a password with every special character of ASCII, and some beyond."""
    user, password = "o'neill@work", string.punctuation + " %41 äß€" + string.punctuation
    name = user.replace('"', '""')
    quoted = password.replace("'", "''")
    await server.run(f"create role \"{name}\" login password '{quoted}'")
    yield user, password
    await server.run(f'drop role "{name}"')


async def test_a_password_may_have_every_special_character(
    server: Postgres, difficult: tuple[str, str]
) -> None:
    url = server.url("postgres", *difficult)
    async with Database(Settings(database_url=url)) as database:
        async with asyncio.timeout(DEADLINE):
            while await database.check() is not None:
                await asyncio.sleep(0.05)
        async with database.connection() as connection:
            assert await connection.fetchval("select current_user") == difficult[0]


@pytest.mark.parametrize("character", string.punctuation)
async def test_each_special_character_reaches_the_database_as_it_is(
    server: Postgres, character: str
) -> None:
    """One by one, so that none hides behind another."""
    role, password = f"with_{ord(character)}", f"a{character}b"
    quoted = password.replace("'", "''")
    await server.run(f"create role {role} login password '{quoted}'")
    settings = Settings(database_url=server.url("postgres", role, password))
    try:
        connection = await asyncpg.connect(settings.database_url.get_secret_value())  # type: ignore[union-attr]
        await connection.close()
    finally:
        await server.run(f"drop role {role}")


async def test_a_wrong_password_is_told_without_the_password(
    server: Postgres, tmp_path: Path
) -> None:
    url = server.url("postgres", password="hunter2")  # noqa: S106
    async with serving(tmp_path, *SERVICE, DATABASE_URL=url) as running:
        assert is_unavailable(await running.client.get(DRIVERS))
        running.process.terminate()
        await running.exit_code()
    logged = (tmp_path / "out").read_text()
    assert "InvalidPasswordError" in logged
    assert "hunter2" not in logged


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    settings = Settings(database_url=database_url, database_statement_timeout=0.2)
    other = await asyncpg.connect(database_url)
    try:
        async with working(create_app(settings)) as client:
            await until_ready(client)
            transaction = other.transaction()
            await transaction.start()
            await other.execute("lock table drivers in access exclusive mode")
            answer = await client.get(DRIVERS)
            await transaction.rollback()
            assert (await client.get(DRIVERS)).status_code == 200
    finally:
        await other.close()
    assert is_unavailable(answer)
    assert answer.json()["detail"] == "the database took too long"


async def test_the_pool_keeps_its_bounds(database_url: str) -> None:
    settings = Settings(database_url=database_url, database_pool_min=2, database_pool_max=4)
    other = await asyncpg.connect(database_url)
    try:
        async with working(create_app(settings)) as client:
            await until_ready(client)
            assert 2 <= await connections(other) <= 4
            async with asyncio.TaskGroup() as group:
                answers = [group.create_task(client.get(DRIVERS)) for _ in range(40)]
            assert {answer.result().status_code for answer in answers} == {200}
            assert await connections(other) == 4
        async with asyncio.timeout(DEADLINE):
            while await connections(other):
                await asyncio.sleep(0.02)
    finally:
        await other.close()


async def connections(other: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Those of the service."""
    count: int = await other.fetchval(
        "select count(*) from pg_stat_activity "
        "where datname = current_database() and application_name like 'backend%'"
    )
    return count


async def test_a_pool_with_nothing_free_is_not_waited_for_for_ever(database_url: str) -> None:
    settings = Settings(
        database_url=database_url,
        database_pool_min=0,
        database_pool_max=2,
        database_connect_timeout=0.5,
    )
    async with Database(settings) as database:
        async with asyncio.timeout(DEADLINE):
            while await database.check() is not None:
                await asyncio.sleep(0.05)
        async with database.borrowed(), database.borrowed():
            with pytest.raises(UnavailableError):
                async with database.borrowed():
                    pytest.fail("there was a third connection")
