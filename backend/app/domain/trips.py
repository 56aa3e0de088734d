"""Trips: what a driver's telematics box reports, with a score for each."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from fastapi import APIRouter
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from app.database import Connection, Data
from app.pages import Key, Paged
from app.pricing import Model, Pricing, TripFacts
from app.problems import problems

from .drivers import find, unknown
from .events import EventType, notify

FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # before any telematics box
CLOCKS = timedelta(minutes=5)  # by which a box's clock may be ahead of ours

INSERT = """
insert into trips
  (id, driver_id, started_at, distance_km, minutes, harsh_brakes, night_share, score)
select * from unnest
  ($1::uuid[], $2::uuid[], $3::timestamptz[], $4::float8[], $5::float8[], $6::int4[], $7::float8[],
   $8::int2[])
"""
LIST = """
select id, driver_id, started_at, distance_km, minutes, harsh_brakes, night_share, score
from trips
where driver_id = $4 and ($2::timestamptz is null or (started_at, id) < ($2, $3::uuid))
order by started_at desc, id desc limit $1 + 1
"""

router = APIRouter(prefix="/drivers/{driver_id}/trips", tags=["trips"], responses=problems(404))


def begun(at: datetime) -> datetime:
    if at > datetime.now(UTC) + CLOCKS:
        raise ValueError("is in the future")
    if at < FIRST:
        raise ValueError("is before the year 2000")
    return at.astimezone(UTC)


class NewTrip(BaseModel):
    model_config = ConfigDict(extra="forbid")

    started_at: Annotated[AwareDatetime, AfterValidator(begun)]
    distance_km: float = Field(ge=0.01, le=5000, allow_inf_nan=False, strict=True)
    minutes: float = Field(ge=0.1, le=2880, allow_inf_nan=False, strict=True)
    harsh_brakes: int = Field(ge=0, le=1000, strict=True)
    night_share: float = Field(
        ge=0, le=1, allow_inf_nan=False, strict=True, description="part of it driven by night"
    )

    def facts(self) -> TripFacts:
        return TripFacts(self.distance_km, self.minutes, self.harsh_brakes, self.night_share)


class Trip(BaseModel):
    """`score` is 100 for a trip without any risk, and 50 for one at twice that risk."""

    id: UUID
    driver_id: UUID
    started_at: datetime
    distance_km: float
    minutes: float
    harsh_brakes: int
    night_share: float
    score: int = Field(ge=0, le=100)


class Trips(BaseModel):
    """Newest first. `next_cursor` is null on the last page."""

    items: list[Trip]
    next_cursor: str | None


@router.post("", status_code=HTTPStatus.CREATED, responses=problems(400))
async def report(driver_id: UUID, new: NewTrip, database: Data, model: Pricing) -> Trip:
    (trip,) = scored(driver_id, [new], model)
    await store(database, driver_id, [trip])
    return trip


@router.get("")
async def trips(driver_id: UUID, page: Paged, database: Data) -> Trips:
    async with database.connection() as connection:
        await find(connection, driver_id)
        rows = await connection.fetch(LIST, page.limit, *page.key(), driver_id)
    items = [Trip.model_validate(dict(row)) for row in rows]
    cursor = page.next_cursor([Key(trip.started_at, trip.id) for trip in items])
    return Trips(items=items[: page.limit], next_cursor=cursor)


def scored(driver_id: UUID, trips: Sequence[NewTrip], model: Model) -> list[Trip]:
    return [
        Trip(id=uuid4(), driver_id=driver_id, score=model.score(new.facts()), **new.model_dump())
        for new in trips
    ]


async def store(database: Data, driver_id: UUID, trips: Sequence[Trip]) -> None:
    """All of them or none, in one statement; 404 without the driver, also one just removed."""
    try:
        async with database.connection() as connection:
            await insert(connection, trips)
            await notify(connection, EventType.TRIP_STORED, driver_id)
    except asyncpg.ForeignKeyViolationError:
        unknown(driver_id)


async def insert(connection: "Connection[asyncpg.Record]", trips: Sequence[Trip]) -> None:
    rows = [tuple(trip.model_dump().values()) for trip in trips]
    await connection.execute(INSERT, *(list(column) for column in zip(*rows, strict=True)))
