"""What the tests send."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

ANN = {"name": "Ann Weber", "email": "ann@example.com", "birth_year": 1985, "licence_year": 2004}
TRIP = {
    "started_at": "2026-01-05T08:00:00Z",
    "distance_km": 24.5,
    "minutes": 31.0,
    "harsh_brakes": 1,
    "night_share": 0.1,
}
NOBODY = "00000000-0000-4000-8000-000000000000"
HEADER = "started_at,distance_km,minutes,harsh_brakes,night_share"
ROW = "2026-01-05T08:00:00Z,24.5,31,1,0.1"


def somebody(**changes: Any) -> dict[str, Any]:
    """A driver with an email of its own."""
    return {**ANN, "email": f"{uuid4().hex}@example.com", **changes}


async def register(api: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await api.post("/api/v1/drivers", json=somebody(**changes))
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def trips_path(api: httpx.AsyncClient) -> str:
    return f"/api/v1/drivers/{(await register(api))['id']}/trips"


def fields(answer: httpx.Response) -> list[str]:
    """The fields that a problem names, checked to be one."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return [error["field"] for error in problem.get("errors", [])]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
