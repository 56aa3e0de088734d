"""What a visitor does with drivers, in Chromium, on the real backend and a real PostgreSQL."""

import json
import urllib.request
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import database as databases
from tests.browser.axe import violations
from tests.browser.backend import backend, migrate
from tests.browser.database import Database
from tests.browser.site_server import SiteServer
from tests.e2e.browser import OpenPage

HEADER = "started_at,distance_km,minutes,harsh_brakes,night_share"
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 2
NO_TRIP = "No trip yet"
PHONE, DESK = 320, 1280


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A migrated PostgreSQL."""
    with databases.database() as started:
        migrate(started.url)
        yield started


@pytest.fixture(scope="session")
def serving(database: Database) -> Iterator[int]:
    """The port of a backend on it."""
    with backend(database.url) as port:
        yield port


@pytest.fixture
def insurer(serving: int, site: SiteServer) -> SiteServer:
    """The site with a backend that knows no driver."""
    site.backend = serving
    for driver in call(site, "GET", "/drivers?limit=200")["items"]:
        call(site, "DELETE", f"/drivers/{driver['id']}")
    return site


def call(site: SiteServer, method: str, path: str, content: object = None) -> Any:
    """What the API answers; what somebody else would see and do meanwhile."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"{site.url}/api/v1{path}", body, method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or "null")


def register(site: SiteServer, name: str, email: str = "") -> str:
    """Return the id of a driver who was registered elsewhere."""
    email = email or f"{name.lower().replace(' ', '.')[:40]}@example.com"
    new = {"name": name, "email": email, "birth_year": 1980}
    driver_id: str = call(site, "POST", "/drivers", new)["id"]
    return driver_id


def fill(page: Page, **entries: str) -> None:
    for label, value in entries.items():
        page.get_by_label(label.replace("_", " ")).fill(value)


def live(page: Page) -> None:
    expect(page.get_by_role("status", name="Live updates")).to_have_text("Live")


def test_a_driver_gets_a_price_that_follows_the_trips(
    insurer: SiteServer, open_page: OpenPage
) -> None:
    watched = open_page(f"{insurer.url}/drivers")
    page = watched.page
    expect(page.get_by_text("Register the first driver")).to_be_visible()
    fill(page, Name="Ada Lovelace", Email="ada@example.com", Year_of_birth="1980")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ada Lovelace is registered.")).to_be_visible()
    page.get_by_role("link", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_text(NO_TRIP)).to_be_visible()
    premium = page.get_by_role("status", name="Premium")
    before = premium.inner_text()
    fill(page, Started="2026-11-20T23:30", Distance_in_km="40", Minutes="25")
    fill(page, Harsh_brakes="7", **{"At night, in %": "100"})
    page.get_by_role("button", name="Store the trip").click()
    expect(page.get_by_text("out of 100")).to_be_visible()
    expect(page.get_by_role("list", name="trips").get_by_role("listitem")).to_have_count(1)
    expect(premium).not_to_have_text(before)
    expect(page.get_by_text("more for harsh braking")).to_be_visible()
    assert watched.faults == []


def test_the_backend_s_judgement_stands_at_the_field(
    insurer: SiteServer, open_page: OpenPage
) -> None:
    register(insurer, "Ada", "ada@example.com")
    page = open_page(f"{insurer.url}/drivers").page
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_label("Name")).to_be_focused()
    fill(page, Name="Bo", Email="ada@example.com", Year_of_birth="2024")
    page.get_by_role("button", name="Register").click()
    year, email = page.get_by_label("Year of birth"), page.get_by_label("Email")
    expect(year).to_have_accessible_description("a driver is at least 17 years old")
    expect(year).to_be_focused()
    year.fill("1990")
    page.get_by_role("button", name="Register").click()
    expect(email).to_have_accessible_description("belongs to another driver")
    expect(email).to_be_focused()
    expect(page.get_by_role("alert").filter(has_text="This email is registered")).to_be_visible()
    assert violations(page) == []


def test_another_tab_sees_what_happens_here(insurer: SiteServer, open_page: OpenPage) -> None:
    one, other = (open_page(f"{insurer.url}/drivers") for _ in range(2))
    for page in (one.page, other.page):
        live(page)
    fill(one.page, Name="Ada", Email="ada@example.com", Year_of_birth="1980")
    one.page.get_by_role("button", name="Register").click()
    other.page.get_by_role("link", name="Ada").click()
    expect(other.page.get_by_role("heading", level=1, name="Ada")).to_be_visible()
    one.page.get_by_role("link", name="Ada").click()
    one.page.get_by_role("button", name="Delete driver").click()
    one.page.get_by_role("button", name="Delete for good").click()
    expect(one.page.get_by_text("Register the first driver")).to_be_visible()
    expect(other.page.get_by_role("heading", level=1, name="No such driver")).to_be_visible()
    assert one.faults == []


def test_a_file_is_stored_whole_or_not_at_all(insurer: SiteServer, open_page: OpenPage) -> None:
    page = open_page(f"{insurer.url}/drivers/{register(insurer, 'Ada')}").page
    upload(page, f"{HEADER}\n2026-11-20T07:40:00Z,12.4,18,1,0\n2026-11-20T09:40:00Z,-3,18,1,7\n")
    mend = page.get_by_role("list", name="What to mend in the file")
    expect(mend.get_by_role("listitem")).to_contain_text(["Row 3: distance_km", "Row 3: night"])
    expect(page.get_by_text(NO_TRIP)).to_be_visible()
    upload(page, f"{HEADER}\n2026-11-20T07:40:00Z,12.4,18,1,0\n2026-11-20T09:40:00Z,3,18,1,0.7\n")
    expect(page.get_by_text("Stored 2 trips.")).to_be_visible()
    expect(page.get_by_role("list", name="trips").get_by_role("listitem")).to_have_count(2)
    expect(mend).to_have_count(0)


def upload(page: Page, content: str) -> None:
    file = {"name": "trips.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()


def test_long_lists_come_in_parts(insurer: SiteServer, open_page: OpenPage) -> None:
    for number in range(53):
        register(insurer, f"Driver {number}")
    watched = open_page(f"{insurer.url}/drivers")
    rows = watched.page.get_by_role("list", name="drivers").get_by_role("listitem")
    expect(rows).to_have_count(50)
    watched.page.get_by_role("button", name="Load more drivers").click()
    expect(rows).to_have_count(53)
    expect(rows.nth(50)).to_be_focused()
    expect(rows.last).to_contain_text("Driver 0")
    assert watched.faults == []


def test_without_a_database_it_says_what_to_do(site: SiteServer, open_page: OpenPage) -> None:
    with backend() as port:
        site.backend = port
        page = open_page(f"{site.url}/drivers").page
        alert = page.get_by_role("alert").filter(has_text="There is no database")
        expect(alert).to_contain_text("invoke deploy")
        assert violations(page) == []
        page.get_by_role("link", name="Status", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("The backend is up")


def test_a_database_that_restarts_is_waited_for(
    insurer: SiteServer, database: Database, open_page: OpenPage
) -> None:
    page = open_page(f"{insurer.url}/drivers").page
    expect(page.get_by_text("Register the first driver")).to_be_visible()
    database.stop()
    try:
        fill(page, Name="Ada", Email="ada@example.com", Year_of_birth="1980")
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_role("alert").filter(has_text="The database")).to_be_visible()
    finally:
        database.start()
    expect(page.get_by_label("Name")).to_have_value("Ada")
    page.reload()
    expect(page.get_by_text("Register the first driver")).to_be_visible()


def test_a_backend_that_is_replaced_costs_no_news(
    site: SiteServer, database: Database, open_page: OpenPage
) -> None:
    with backend(database.url) as port:
        site.backend = port
        page = open_page(f"{site.url}/drivers").page
        live(page)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    with backend(database.url) as port:
        site.backend = port
        register(site, "Missed", f"missed.{port}@example.com")  # perhaps before it is live again
        expect(page.get_by_role("link", name="Missed")).to_be_visible()
        live(page)


def test_the_keyboard_goes_through_it_in_order(insurer: SiteServer, open_page: OpenPage) -> None:
    register(insurer, "Ada")
    page = open_page(f"{insurer.url}/drivers").page
    expect(page.get_by_role("link", name="Ada")).to_be_visible()
    page.get_by_label("Name").focus()
    names = []
    for _ in range(5):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText")
        )
    assert names[:4] == ["email", "birth_year", "licence_year", "Register"]
    assert names[4].startswith("Ada")


@pytest.mark.parametrize(("width", "scheme"), list(product([PHONE, DESK], ["light", "dark"])))
def test_fits_and_can_be_used_by_everybody(
    insurer: SiteServer, open_page: OpenPage, width: int, scheme: str
) -> None:
    driver_id = register(insurer, LONG, f"{LONG[:60]}@example.com")
    for path, seen in (("/drivers", "Register a driver"), (f"/drivers/{driver_id}", "a month")):
        watched = open_page(insurer.url + path, width=width, scheme=scheme)
        expect(watched.page.get_by_text(seen)).to_be_visible()
        expect(watched.page.get_by_text(LONG).first).to_be_visible()
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width
        assert violations(watched.page) == []
        assert watched.faults == []
