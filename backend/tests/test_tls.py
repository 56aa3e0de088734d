"""sslmode=verify-full: the database has to prove who it is, by the name and by the authority."""

import asyncio
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings

from .certificates import Authority, authority
from .conftest import DEADLINE, until_ready, working
from .postgres import Postgres
from .process import SERVICE, serving

ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
BUNDLE = Path(__file__).parents[1] / "certs" / "rds.pem"


async def refusal(folder: Path, url: str, root: Path) -> str:
    """What the service logs about a database that it can't trust; it stays unready."""
    async with serving(folder, *SERVICE, DATABASE_URL=url, PGSSLROOTCERT=str(root)) as running:
        async with asyncio.timeout(DEADLINE):
            while not (said := reasons(running.logged())):
                await asyncio.sleep(0.02)
        assert (await running.client.get("/health/db")).status_code == 503
    return said[0]


def reasons(lines: list[dict[str, str]]) -> list[str]:
    return [line["reason"] for line in lines if line["logger"] == "app.database"]


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, ca: Authority) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", str(ca.root))


@pytest.mark.usefixtures("trusted")
async def test_the_right_name_by_the_right_authority_is_accepted(migrated: Postgres) -> None:
    url = migrated.url(host="localhost", sslmode="verify-full")
    app = create_app(Settings(database_url=url))
    async with working(app) as client:
        await until_ready(client)
        async with app.state.database.connection() as connection:
            assert await connection.fetchval(ENCRYPTED)


async def test_another_name_is_refused(server: Postgres, ca: Authority, tmp_path: Path) -> None:
    url = server.url(host="127.0.0.1", sslmode="verify-full")
    assert "IP address mismatch" in await refusal(tmp_path, url, ca.root)


async def test_another_authority_is_refused(server: Postgres, tmp_path: Path) -> None:
    url = server.url(host="localhost", sslmode="verify-full")
    other = authority(tmp_path / "other")
    assert "unable to get local issuer" in await refusal(tmp_path, url, other.root)


async def test_ours_is_not_among_those_of_rds(server: Postgres, tmp_path: Path) -> None:
    url = server.url(host="localhost", sslmode="verify-full")
    assert "certificate verify failed" in await refusal(tmp_path, url, BUNDLE)


def test_the_image_says_where_the_authorities_of_rds_are() -> None:
    dockerfile = (BUNDLE.parents[1] / "Dockerfile").read_text()
    assert f"PGSSLROOTCERT=/srv/certs/{BUNDLE.name}" in dockerfile
    assert "COPY certs certs" in dockerfile
