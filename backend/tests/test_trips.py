"""Trips: reported one by one, scored, listed."""

from typing import Any

import httpx
import pytest

from .shapes import NOBODY, TRIP, at, fields, trips_path


async def test_a_trip_is_stored_with_its_score(api: httpx.AsyncClient) -> None:
    path = await trips_path(api)
    answer = await api.post(path, json=TRIP)
    assert answer.status_code == 201
    trip = answer.json()
    assert 0 < trip["score"] < 100
    assert trip.items() >= TRIP.items()
    assert (await api.get(path)).json() == {"items": [trip], "next_cursor": None}


async def test_a_trip_with_more_risk_has_a_lower_score(api: httpx.AsyncClient) -> None:
    path = await trips_path(api)
    calm = {**TRIP, "harsh_brakes": 0, "night_share": 0}
    wild = {**TRIP, "harsh_brakes": 9, "night_share": 1}
    scores = [(await api.post(path, json=trip)).json()["score"] for trip in (calm, TRIP, wild)]
    assert scores[0] == 100
    assert scores == sorted(scores, reverse=True)


async def test_trips_are_listed_newest_first_page_by_page(api: httpx.AsyncClient) -> None:
    path = await trips_path(api)
    for day in (3, 1, 2):
        await api.post(path, json={**TRIP, "started_at": f"2026-01-0{day}T08:00:00Z"})
    first = (await api.get(path, params={"limit": 2})).json()
    rest = await api.get(path, params={"limit": 2, "cursor": first["next_cursor"]})
    days = [at(trip["started_at"]).day for trip in first["items"] + rest.json()["items"]]
    assert days == [3, 2, 1]
    assert rest.json()["next_cursor"] is None


async def test_times_are_kept_in_utc(api: httpx.AsyncClient) -> None:
    path = await trips_path(api)
    trip = await api.post(path, json={**TRIP, "started_at": "2026-01-05T09:30:00+01:00"})
    assert trip.json()["started_at"] == "2026-01-05T08:30:00Z"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"started_at": "2026-01-05T08:00:00"}, "started_at"),
        ({"started_at": "2999-01-01T00:00:00Z"}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"distance_km": 0}, "distance_km"),
        ({"distance_km": "24"}, "distance_km"),
        ({"minutes": -1}, "minutes"),
        ({"harsh_brakes": 1.5}, "harsh_brakes"),
        ({"harsh_brakes": True}, "harsh_brakes"),
        ({"night_share": 1.01}, "night_share"),
    ],
)
async def test_what_is_not_valid_is_refused_by_field(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    answer = await api.post(await trips_path(api), json={**TRIP, **change})
    assert (answer.status_code, fields(answer)) == (422, [field])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
async def test_what_is_no_number_is_refused(api: httpx.AsyncClient, number: str) -> None:
    body = (
        f'{{"started_at":"2026-01-05T08:00:00Z","distance_km":{number},"minutes":1,'
        '"harsh_brakes":0,"night_share":0}'
    )
    headers = {"content-type": "application/json"}
    answer = await api.post(await trips_path(api), content=body, headers=headers)
    assert answer.status_code == 422


async def test_nobody_has_no_trips(api: httpx.AsyncClient) -> None:
    path = f"/api/v1/drivers/{NOBODY}/trips"
    assert (await api.post(path, json=TRIP)).status_code == 404
    assert (await api.get(path)).status_code == 404
