"""Real rows: from a browser through CDN, load balancer and container into PostgreSQL, and back."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import OpenPage, Watched, browser, open_page
from tests.e2e.project import Project
from tests.integration.local_cloud import eventually

__all__ = ["browser", "open_page"]

DRIVERS = "/api/v1/drivers"
BACK_SECONDS = 60.0  # a database that was stopped for good has to be noticed, and to start


@pytest.fixture(scope="module", autouse=True)
def alone(project: Project) -> None:
    """Only what the quickstart has: no probe of the tests before."""
    (project.root / "deploy.toml").write_text(project.base)
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out


def ask(url: str) -> tuple[int, Any]:
    """Return status and JSON."""
    try:
        with urllib.request.urlopen(url, timeout=15) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def rows(project: Project) -> dict[str, str]:
    """Return name -> email of the drivers, as the service tells them past the CDN."""
    status, found = ask(project.url + DRIVERS)
    assert status == 200, found
    return {each["name"]: each["email"] for each in found["items"]}


def drivers_page(project: Project, open_page: OpenPage) -> Watched:
    watched = open_page(project.site + "/drivers")
    expect(watched.page.get_by_role("status", name="Live updates")).to_have_text("Live")
    return watched


def fill(page: Page, **entries: str) -> None:
    for label, value in entries.items():
        page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)


def register(page: Page, name: str, email: str) -> None:
    fill(page, Name=name, Email=email, Year_of_birth="1990")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text(f"{name} is registered.")).to_be_visible()


def database(project: Project) -> str:
    """Return the database's identifier."""
    (found,) = project.client("rds").describe_db_instances()["DBInstances"]
    return str(found["DBInstanceIdentifier"])


def test_a_row_goes_from_the_page_to_the_database_and_to_another_tab(
    project: Project, open_page: OpenPage
) -> None:
    mine, theirs = drivers_page(project, open_page), drivers_page(project, open_page)
    register(mine.page, "Ada Lovelace", "ada@example.com")
    for watched in (mine, theirs):  # the other tab was told, by an event through the CDN
        expect(watched.page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    assert rows(project)["Ada Lovelace"] == "ada@example.com"
    mine.page.reload()
    expect(mine.page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    assert mine.faults + theirs.faults == []


def test_trips_change_the_price(project: Project, open_page: OpenPage) -> None:
    watched = drivers_page(project, open_page)
    page = watched.page
    page.get_by_role("link", name="Ada Lovelace").click()
    premium = page.get_by_role("status", name="Premium")
    expect(premium).to_contain_text("a month")
    before = premium.text_content() or ""
    fill(page, Started="2026-11-20T23:30", Distance_in_km="40", Minutes="20", Harsh_brakes="9")
    page.get_by_role("button", name="Store the trip").click()
    expect(page.get_by_text("Stored: a score of")).to_be_visible()
    expect(premium).not_to_have_text(before)
    assert watched.faults == []


def test_a_deploy_leaves_the_rows_and_reconnects_the_page(
    project: Project, open_page: OpenPage
) -> None:
    watched = drivers_page(project, open_page)
    before = rows(project)
    project.edit("backend/app/main.py", r'GREETING = ".*?"', 'GREETING = "After the rows"')
    ran = project.invoke("deploy-backend")
    assert ran.code == 0, ran.out
    assert "nothing pending" in ran.out
    assert rows(project) == before
    register(watched.page, "Grace Hopper", "grace@example.com")
    expect(watched.page.get_by_role("status", name="Live updates")).to_have_text("Live")


def test_a_database_that_restarts_takes_no_task_with_it(project: Project) -> None:
    before, tasks = project.service("backend")["events"], running(project)
    with stopped(project):
        await_status(project, "/health/db", 503)
        status, problem = ask(project.url + DRIVERS)
        assert status == 503, problem
        assert ask(project.url + "/health")[0] == 200  # it answers: nothing to replace it for
    await_status(project, "/health/db", 200)
    assert "Ada Lovelace" in rows(project)
    assert running(project) == tasks
    assert [event for event in project.service("backend")["events"] if event not in before] == []


@contextmanager
def stopped(project: Project) -> Iterator[None]:
    """Stop the database, and start it at the end: it takes that only once it has stopped."""
    rds, name = project.client("rds"), database(project)

    def status() -> str:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return str(found["DBInstanceStatus"])

    rds.stop_db_instance(DBInstanceIdentifier=name)
    try:
        yield
    finally:
        eventually(lambda: status() == "stopped", BACK_SECONDS)
        rds.start_db_instance(DBInstanceIdentifier=name)


def running(project: Project) -> list[str]:
    cluster = project.target()["cluster"]
    found = project.client("ecs").list_tasks(cluster=cluster, serviceName="backend")["taskArns"]
    return sorted(found)


def await_status(project: Project, path: str, wanted: int) -> None:
    """Wait until a page is answered by this status."""
    deadline = time.monotonic() + BACK_SECONDS
    while (found := ask(project.url + path))[0] != wanted:
        assert time.monotonic() < deadline, f"{path} is still answered by {found}"
        time.sleep(0.5)


def test_a_one_off_task_reads_the_same_rows(project: Project) -> None:
    ran = project.invoke("run", "--", "alembic", "current")
    assert ran.code == 0, ran.out
    assert "(head)" in ran.out
