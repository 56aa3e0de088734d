"""Trips as a CSV file: all of them, or none and the reason."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.domain.uploads import MOST_BYTES, MOST_ROWS

from .shapes import HEADER, NOBODY, ROW, fields, trips_path


async def upload(
    api: httpx.AsyncClient, path: str, content: str | bytes, kind: str = "text/csv"
) -> httpx.Response:
    return await api.post(f"{path}/upload", files={"file": ("trips.csv", content, kind)})


async def count(api: httpx.AsyncClient, path: str) -> int:
    items: list[Any] = (await api.get(path, params={"limit": 200})).json()["items"]
    return len(items)


def csv(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (csv(ROW), 1),
        (csv(ROW, "", ROW, ROW), 3),
        (csv(ROW).replace("\n", "\r\n"), 1),
        ("\ufeff" + csv(ROW), 1),
        (
            'minutes,started_at,night_share,harsh_brakes,distance_km\n"31",2026-01-05T08:00Z,0,1,9',
            1,
        ),
    ],
)
async def test_a_good_file_is_stored(api: httpx.AsyncClient, content: str, stored: int) -> None:
    path = await trips_path(api)
    answer = await upload(api, path, content)
    assert (answer.status_code, answer.json()) == (201, {"stored": stored})
    assert await count(api, path) == stored


async def test_as_many_rows_as_are_allowed_are_stored(api: httpx.AsyncClient) -> None:
    path = await trips_path(api)
    assert (await upload(api, path, csv(*[ROW] * MOST_ROWS))).json() == {"stored": MOST_ROWS}


async def test_a_bad_row_is_named_with_its_column_and_nothing_is_stored(
    api: httpx.AsyncClient,
) -> None:
    path = await trips_path(api)
    bad = ROW.replace("24.5", "far").replace(",1,", ",-1,")
    answer = await upload(api, path, csv(ROW, bad, ROW))
    assert answer.status_code == 422
    assert [(error["row"], error["field"]) for error in answer.json()["errors"]] == [
        (3, "distance_km"),
        (3, "harsh_brakes"),
    ]
    assert await count(api, path) == 0


async def test_the_list_of_errors_has_an_end(api: httpx.AsyncClient) -> None:
    answer = await upload(api, await trips_path(api), csv(*[ROW.replace("24.5", "x")] * 100))
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize(
    ("content", "row", "message"),
    [
        (b"", 1, "needs the columns"),
        (b"a,b\n1,2\n", 1, "needs the columns"),
        (csv().encode(), None, "has no trips"),
        (csv(ROW, "1,2").encode(), 3, "has 2 columns instead of 5"),
        (csv(ROW).encode("utf-16"), None, "is not UTF-8"),
        (csv('"open').encode(), 2, "is not CSV"),
        (csv(ROW + "\x00").encode(), 2, "a valid number"),
    ],
)
async def test_what_is_no_table_of_trips_is_refused(
    api: httpx.AsyncClient, content: bytes, row: int | None, message: str
) -> None:
    path = await trips_path(api)
    answer = await upload(api, path, content)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error.get("row") == row
    assert message in error["message"]
    assert await count(api, path) == 0


@pytest.mark.parametrize("kind", ["image/png", "application/json", "text/html"])
async def test_another_type_is_refused(api: httpx.AsyncClient, kind: str) -> None:
    answer = await upload(api, await trips_path(api), csv(ROW), kind)
    assert (answer.status_code, fields(answer)) == (415, [])


@pytest.mark.parametrize("kind", ["application/vnd.ms-excel", "application/octet-stream"])
async def test_what_systems_without_csv_call_it_is_taken(api: httpx.AsyncClient, kind: str) -> None:
    assert (await upload(api, await trips_path(api), csv(ROW), kind)).status_code == 201


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 3 * MOST_BYTES])
async def test_a_file_that_is_too_large_is_refused(api: httpx.AsyncClient, size: int) -> None:
    path = await trips_path(api)
    answer = await upload(api, path, csv(ROW).ljust(size))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert await count(api, path) == 0


async def test_a_file_that_does_not_say_its_size_is_measured(api: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="trips.csv"\r\n\r\n'
        for _ in range(40):
            yield b"." * 65_536

    headers = {"content-type": "multipart/form-data; boundary=x"}
    path = await trips_path(api)
    answer = await api.post(f"{path}/upload", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_row_too_many_is_refused(api: httpx.AsyncClient) -> None:
    answer = await upload(api, await trips_path(api), csv(*[ROW] * (MOST_ROWS + 1)))
    assert answer.status_code == 413


async def test_a_request_without_a_file_is_refused(api: httpx.AsyncClient) -> None:
    path = await trips_path(api)
    answer = await api.post(f"{path}/upload", data={"other": "field"})
    assert (answer.status_code, fields(answer)) == (422, ["file"])


async def test_nobody_uploads_nothing(api: httpx.AsyncClient) -> None:
    assert (await upload(api, f"/api/v1/drivers/{NOBODY}/trips", csv(ROW))).status_code == 404
