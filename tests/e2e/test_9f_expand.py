"""A real migration of a real database under load: expand, go back, and go on with the newer schema.

The sample service stores and lists rows all the while.
"""

import json
import signal
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Self

import pytest

from tests.e2e.project import Project, Ran
from tests.e2e.traffic import Traffic
from tests.integration.local_cloud import eventually

DRIVERS = "/api/v1/drivers"
VERSIONS = "backend/migrations/versions"
GREETING = r'GREETING = ".*?"'
REVISION = '''"""{message}"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = "{after}"


def upgrade() -> None:
    op.add_column("drivers", sa.Column("{column}", sa.Text, nullable=True))
    {more}


def downgrade() -> None:
    op.drop_column("drivers", "{column}")
'''
ASK = """
import asyncio, asyncpg, os
async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    print("found:", await connection.fetchval({query!r}))
asyncio.run(main())
"""
COLUMNS = """
    select string_agg(column_name, ',' order by column_name) from information_schema.columns
    where table_name = 'drivers' and column_name in ('mobile', 'nickname')
"""

REPORT = "select count(*) from pg_stat_activity where query like 'select pg_sleep(90)%'"


class Writer:
    """Registers a driver every tenth of a second until the block ends; keeps what was no 201."""

    def __init__(self, url: str) -> None:
        self.url, self.stored, self.failures = url + DRIVERS, list[str](), list[str]()

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._store(f"{uuid.uuid4()}@example.com")
            self._stop.wait(0.1)

    def _store(self, email: str) -> None:
        body = json.dumps({"name": "Ada", "email": email, "birth_year": 1990}).encode()
        headers = {"content-type": "application/json"}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.url, body, headers), timeout=15
            ) as reply:
                self.stored.append(json.load(reply)["email"])
        except OSError as error:
            told = error.read().decode() if isinstance(error, urllib.error.HTTPError) else error
            self.failures.append(str(told))


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[Project]:
    """The sample service alone, with its database; afterwards its revisions are as they were."""
    (project.root / "deploy.toml").write_text(project.base)
    ran = project.invoke("deploy-backend")
    assert ran.code == 0, ran.out
    yield project
    for name in ("0003_mobile.py", "0004_nickname.py"):
        (project.root / VERSIONS / name).unlink(missing_ok=True)


def write(project: Project, column: str, number: int, more: str = "pass") -> None:
    ids = {"id": f"{number:04}", "after": f"{number - 1:04}"}
    text = REVISION.format(message=column, column=column, more=more, **ids)
    (project.root / VERSIONS / f"{number:04}_{column}.py").write_text(text)


def ask(project: Project, query: str) -> str:
    """Return what the database answers, asked from a task of the service's release."""
    ran = project.invoke("run", "--", "python", "-c", ASK.format(query=query))
    assert ran.code == 0, ran.out
    (line,) = [line for line in ran.out.splitlines() if line.startswith("found: ")]
    return line.removeprefix("found: ")


def under_load(project: Project, *arguments: str) -> Ran:
    """Run a command while rows are stored and listed: no request may fail, no row be lost."""
    with Writer(project.url) as writer, Traffic(f"{project.url}{DRIVERS}", rate=20) as reader:
        ran = project.invoke(*arguments)
    assert not writer.failures, f"{len(writer.failures)}: {writer.failures[:3]}"
    assert not reader.failures, f"{len(reader.failures)}: {reader.failures[:3]}"
    assert len(writer.stored) > 5
    kept = int(ask(project, "select count(*) from drivers where name = 'Ada'"))
    assert kept >= len(writer.stored)
    return ran


def version(project: Project) -> str:
    return ask(project, "select version_num from alembic_version")


def test_nothing_is_pending_after_the_quickstart(backend: Project) -> None:
    ran = backend.invoke("deploy-backend", "--plan")
    assert "= migrate backend  nothing pending (at 0002)" in ran.out
    assert version(backend) == "0002"


def test_a_deploy_with_a_migration_fails_no_request(backend: Project) -> None:
    write(backend, "mobile", 3)
    backend.edit("backend/app/main.py", GREETING, 'GREETING = "With mobiles"')
    ran = under_load(backend, "deploy-backend")
    assert ran.code == 0, ran.out
    assert "Running upgrade 0002 -> 0003, mobile" in ran.out
    assert version(backend) == "0003"
    assert "With mobiles" in backend.get(backend.url)


def test_a_rollback_leaves_the_newer_schema_and_the_older_release_works_on_it(
    backend: Project,
) -> None:
    ran = under_load(backend, "rollback", "--only", "backend")
    assert ran.code == 0, ran.out
    assert "With mobiles" not in backend.get(backend.url)
    assert version(backend) == "0003"
    assert ask(backend, COLUMNS) == "mobile"
    with Writer(backend.url) as writer:
        eventually(lambda: writer.failures or len(writer.stored) >= 20)
    assert not writer.failures


def test_forward_again_nothing_is_pending(backend: Project) -> None:
    ran = under_load(backend, "deploy-backend")
    assert ran.code == 0, ran.out
    assert "= migrate backend  nothing pending (at 0003)" in ran.out


def test_an_older_source_does_not_take_a_newer_database_back(backend: Project) -> None:
    file = backend.root / VERSIONS / "0003_mobile.py"
    text = file.read_text()
    file.unlink()
    ran = backend.invoke("deploy-backend", "--plan")
    file.write_text(text)
    assert "= migrate backend  nothing pending (at 0003)" in ran.out


def test_a_migration_that_fails_leaves_nothing_of_itself(backend: Project) -> None:
    write(backend, "nickname", 4, more='raise RuntimeError("not this one")')
    ran = under_load(backend, "deploy-backend")
    assert ran.code == 1, ran.out
    assert "RuntimeError: not this one" in ran.out.partition("✗ backend")[2]
    assert (version(backend), ask(backend, COLUMNS)) == ("0003", "mobile")


def test_a_table_in_use_fails_the_migration_and_not_the_service(backend: Project) -> None:
    """A migration that waited for the table would keep every request behind it waiting too."""
    write(backend, "nickname", 4)
    before = backend.service("backend")["taskDefinition"]
    command = ASK.format(query="select pg_sleep(90) from drivers limit 1")
    with backend.start("run", "--", "python", "-c", command) as report:
        wait_for_report(backend)
        ran = backend.invoke("deploy-backend")
        report.send_signal(signal.SIGINT)
        report.communicate(timeout=200)
    assert ran.code == 1, ran.out
    assert "lock timeout" in ran.out
    assert backend.service("backend")["taskDefinition"] == before
    # Its task is stopped; what it asked for goes on, until PostgreSQL notices.
    ask(backend, REPORT.replace("*", "pg_terminate_backend(pid)"))
    assert version(backend) == "0003"


def wait_for_report(project: Project) -> None:
    """Wait until a task reads the table, which takes long."""
    eventually(lambda: ask(project, REPORT) != "0", seconds=60, every=0.5)


def test_once_it_is_free_the_next_deploy_migrates(backend: Project) -> None:
    ran = under_load(backend, "deploy-backend")
    assert ran.code == 0, ran.out
    assert ask(backend, COLUMNS) == "mobile,nickname"


def test_a_way_down_by_hand(backend: Project) -> None:
    ran = backend.invoke("migrate", "--down", "--to", "0002")
    assert ran.code == 0, ran.out
    assert "Running downgrade 0003 -> 0002, mobile" in ran.out
    assert version(backend) == "0002"
    shown = backend.invoke("deploy-backend", "--plan").out
    assert "~ migrate backend  2 revisions: 0003 mobile, 0004 nickname" in shown
