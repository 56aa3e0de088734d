"""Drivers: registered, listed page by page, read, removed."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.domain.drivers import this_year

from .shapes import ANN, NOBODY, fields, register, somebody

DRIVERS = "/api/v1/drivers"


async def pages(api: httpx.AsyncClient, limit: int) -> list[dict[str, Any]]:
    """All drivers, page by page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.get(DRIVERS, params={"limit": limit, **cursor})).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def test_a_driver_is_registered_and_found_where_the_answer_says(
    api: httpx.AsyncClient,
) -> None:
    before = datetime.now(UTC)
    answer = await api.post(DRIVERS, json=ANN)
    assert answer.status_code == 201
    driver = answer.json()
    assert answer.headers["location"] == f"{DRIVERS}/{driver['id']}"
    assert (await api.get(answer.headers["location"])).json() == driver
    assert before <= datetime.fromisoformat(driver.pop("created_at"))
    assert driver == {"id": driver["id"], **ANN}


@pytest.mark.parametrize("email", [ANN["email"], str(ANN["email"]).upper()])
async def test_an_email_is_registered_once(api: httpx.AsyncClient, email: str) -> None:
    await api.post(DRIVERS, json=ANN)
    again = await api.post(DRIVERS, json={**ANN, "email": email})
    assert (again.status_code, fields(again)) == (409, ["email"])
    assert len((await api.get(DRIVERS)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"name": None}, "name"),
        ({"email": "ann"}, "email"),
        ({"email": "ann @example.com"}, "email"),
        ({"birth_year": "1985"}, "birth_year"),
        ({"birth_year": 1850}, "birth_year"),
        ({"birth_year": this_year() - 16}, "birth_year"),
        ({"licence_year": 1990}, "licence_year"),
        ({"licence_year": this_year() + 1}, "licence_year"),
        ({"licence": 2004}, "licence"),
    ],
)
async def test_what_is_not_valid_is_refused_by_field(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    answer = await api.post(DRIVERS, json=somebody(**change))
    assert (answer.status_code, fields(answer)) == (422, [field])
    assert (await api.get(DRIVERS)).json() == {"items": [], "next_cursor": None}


async def test_every_field_at_fault_is_named(api: httpx.AsyncClient) -> None:
    answer = await api.post(DRIVERS, json={"name": "", "email": "x"})
    assert fields(answer) == ["name", "email", "birth_year"]
    assert answer.json()["detail"] == "3 fields are not valid"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"driver"', b"\xff"])
async def test_a_body_that_is_no_driver_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await api.post(DRIVERS, content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post(DRIVERS, json=somebody(name="x" * 1_100_000))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_licence_may_be_unknown(api: httpx.AsyncClient) -> None:
    assert (await register(api, licence_year=None))["licence_year"] is None


async def test_pages_are_newest_first_and_whole(api: httpx.AsyncClient) -> None:
    registered = [(await register(api))["id"] for _ in range(5)]
    for limit in (1, 2, 5, 50):
        assert [driver["id"] for driver in await pages(api, limit)] == registered[::-1]


async def test_rows_that_come_meanwhile_neither_repeat_nor_hide_one(
    api: httpx.AsyncClient,
) -> None:
    registered = [(await register(api))["id"] for _ in range(4)]
    first = (await api.get(DRIVERS, params={"limit": 2})).json()
    await register(api)
    await api.delete(f"{DRIVERS}/{first['items'][0]['id']}")
    second = await api.get(DRIVERS, params={"limit": 2, "cursor": first["next_cursor"]})
    seen = [driver["id"] for driver in first["items"] + second.json()["items"]]
    assert seen == registered[::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": "bm90IGEgY3Vyc29y"}, "cursor"),
        ({"cursor": "x" * 201}, "cursor"),
    ],
)
async def test_a_page_that_there_cannot_be_is_refused(
    api: httpx.AsyncClient, query: dict[str, str], field: str
) -> None:
    answer = await api.get(DRIVERS, params=query)
    assert (answer.status_code, fields(answer)) == (422, [field])


async def test_a_removed_driver_is_gone_with_all_trips(api: httpx.AsyncClient) -> None:
    path = f"{DRIVERS}/{(await register(api))['id']}"
    assert (await api.delete(path)).status_code == 204
    for gone in (path, f"{path}/trips", f"{path}/price"):
        assert (await api.get(gone)).status_code == 404
    assert (await api.delete(path)).status_code == 404


@pytest.mark.parametrize(("name", "status"), [(NOBODY, 404), ("ann", 422)])
async def test_nobody_is_a_problem(api: httpx.AsyncClient, name: str, status: int) -> None:
    answer = await api.get(f"{DRIVERS}/{name}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
