"""Drivers: registered, listed, read, removed."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, NoReturn
from uuid import UUID, uuid4

import asyncpg
from fastapi import APIRouter, Response
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic_core.core_schema import ValidationInfo

from app.database import Connection, Data
from app.pages import Key, Paged
from app.problems import FieldError, ProblemError, problems

from .events import EventType, notify

MINIMUM_AGE = 17  # years, to be insured and to be licensed

# The grammar of <input type=email>, so that the site's form and the service agree.
# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
EMAIL = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
# No control characters: PostgreSQL stores no NUL, and none of them is in a name.
NAME = r"^[^\x00-\x1f\x7f]*$"

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=NAME, strip_whitespace=True)
]
Email = Annotated[str, StringConstraints(max_length=254, pattern=EMAIL)]
Year = Annotated[int, Field(ge=1900, le=2100, strict=True)]

# By name and never "*": a column that a migration adds must change no statement of this release.
# PostgreSQL refuses prepared ones whose result has another shape.
COLUMNS = "id, name, email, birth_year, licence_year, created_at"
INSERT = f"""
insert into drivers (id, name, email, birth_year, licence_year)
values ($1, $2, $3, $4, $5) returning {COLUMNS}
"""  # noqa: S608 - nothing of it comes from a request
SELECT = f"select {COLUMNS} from drivers where id = $1"  # noqa: S608
LIST = f"""
select {COLUMNS} from drivers where $2::timestamptz is null or (created_at, id) < ($2, $3::uuid)
order by created_at desc, id desc limit $1 + 1
"""  # noqa: S608
DELETE = "delete from drivers where id = $1 returning id"

router = APIRouter(prefix="/drivers", tags=["drivers"])


def this_year() -> int:
    return datetime.now(UTC).year


def old_enough(birth_year: int) -> int:
    if birth_year > this_year() - MINIMUM_AGE:
        raise ValueError(f"a driver is at least {MINIMUM_AGE} years old")
    return birth_year


class NewDriver(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    email: Email
    birth_year: Annotated[Year, AfterValidator(old_enough)]
    licence_year: Year | None = Field(default=None, description="year of the driving licence")

    @field_validator("licence_year")
    @classmethod
    def licensed_in_a_life(cls, year: int | None, info: ValidationInfo) -> int | None:
        born = info.data.get("birth_year")  # missing if it was refused itself
        if year is None or born is None:
            return year
        if not born + MINIMUM_AGE <= year <= this_year():
            raise ValueError(f"is from the {MINIMUM_AGE}th birthday to this year")
        return year


class Driver(BaseModel):
    id: UUID
    name: str
    email: str
    birth_year: int
    licence_year: int | None
    created_at: datetime


class Drivers(BaseModel):
    """Newest first. `next_cursor` is null on the last page."""

    items: list[Driver]
    next_cursor: str | None


@router.post("", status_code=HTTPStatus.CREATED, responses=problems(400, 409))
async def register(new: NewDriver, response: Response, database: Data) -> Driver:
    try:
        async with database.connection() as connection:
            row = await connection.fetchrow(INSERT, uuid4(), *new.model_dump().values())
            driver = Driver.model_validate(dict(row or {}))
            await notify(connection, EventType.DRIVER_CREATED, driver.id)
    except asyncpg.UniqueViolationError:
        taken = FieldError(field="email", message="belongs to another driver")
        raise ProblemError(HTTPStatus.CONFLICT, "this email is registered", [taken]) from None
    response.headers["Location"] = f"/api/v1/drivers/{driver.id}"
    return driver


@router.get("")
async def drivers(page: Paged, database: Data) -> Drivers:
    async with database.connection() as connection:
        rows = await connection.fetch(LIST, page.limit, *page.key())
    items = [Driver.model_validate(dict(row)) for row in rows]
    cursor = page.next_cursor([Key(driver.created_at, driver.id) for driver in items])
    return Drivers(items=items[: page.limit], next_cursor=cursor)


@router.get("/{driver_id}", responses=problems(404))
async def driver(driver_id: UUID, database: Data) -> Driver:
    async with database.connection() as connection:
        return await find(connection, driver_id)


@router.delete("/{driver_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404))
async def remove(driver_id: UUID, database: Data) -> None:
    async with database.connection() as connection:
        if await connection.fetchval(DELETE, driver_id) is None:
            unknown(driver_id)
        await notify(connection, EventType.DRIVER_DELETED, driver_id)


async def find(connection: "Connection[asyncpg.Record]", driver_id: UUID) -> Driver:
    """The driver, or 404."""
    row = await connection.fetchrow(SELECT, driver_id)
    if row is None:
        unknown(driver_id)
    return Driver.model_validate(dict(row))


def unknown(driver_id: UUID) -> NoReturn:
    raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no driver {driver_id}")
