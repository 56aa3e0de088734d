"""Many trips at once, as a CSV file: all of them are stored, or none."""

import csv
import io
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel, Field, ValidationError

from app.database import Data
from app.pricing import Pricing
from app.problems import TOO_LARGE, FieldError, ProblemError, field_errors, problems, refused

from .drivers import find
from .trips import NewTrip, scored, store

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
MOST_ERRORS = 20  # named in one answer; who has more has another problem
AROUND = 16_384  # bytes that a multipart form may add to the file
COLUMNS = tuple(NewTrip.model_fields)

# Windows calls a CSV file Excel's where Excel is installed; who knows no CSV says octet-stream.
TYPES = ("text/csv", "application/csv", "application/vnd.ms-excel")
UNKNOWN = ("application/octet-stream", "")

router = APIRouter(prefix="/drivers/{driver_id}/trips", tags=["trips"])


class Stored(BaseModel):
    stored: int = Field(ge=1)


@router.post(
    "/upload",
    status_code=HTTPStatus.CREATED,
    responses=problems(400, 404, 413, 415),
)
async def upload(
    driver_id: UUID,
    file: Annotated[UploadFile, File(description="CSV, a header with: " + ", ".join(COLUMNS))],
    database: Data,
    model: Pricing,
) -> Stored:
    async with database.connection() as connection:
        await find(connection, driver_id)  # before the rows: without a driver they don't matter
    check_type(file.content_type or "", file.filename or "")
    trips = read_trips(text_of(await file.read(MOST_BYTES + 1)))
    await store(database, driver_id, scored(driver_id, trips, model))
    return Stored(stored=len(trips))


def check_type(content_type: str, name: str) -> None:
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if kind in TYPES or (kind in UNKNOWN and name.lower().endswith(".csv")):
        return
    detail = f"{kind or 'a file without a type'} is not text/csv"
    raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


def text_of(content: bytes) -> str:
    """UTF-8, with or without the mark that spreadsheets put before it."""
    if len(content) > MOST_BYTES:
        detail = f"the file is larger than {MOST_BYTES:,} bytes"
        raise ProblemError(TOO_LARGE, detail)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong("is not UTF-8 text") from None


def read_trips(text: str) -> list[NewTrip]:
    """The trips of a CSV file, in any order of columns.

    Raises ProblemError: 422 with the row and column of what is wrong, 413 for too many rows.
    """
    trips: list[NewTrip] = []
    errors: list[FieldError] = []
    for row, fields in rows(text):
        try:
            trips.append(NewTrip.model_validate_strings(fields))
        except ValidationError as error:
            errors += field_errors(error.errors(), row)
    if errors:
        raise refused(errors[:MOST_ERRORS])
    if not trips:
        raise wrong("has no trips")
    return trips


def rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and fields by column; the header is row 1, and empty rows are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = check_header([name.strip() for name in next(reader, [])])
        for number, row in enumerate(reader, start=2):
            if number > MOST_ROWS + 1:
                detail = f"the file has more than {MOST_ROWS:,} rows"
                raise ProblemError(TOO_LARGE, detail)
            if any(field.strip() for field in row):
                yield number, named(header, row, number)
    except csv.Error as error:
        raise wrong(f"is not CSV: {error}", reader.line_num) from None


def check_header(header: list[str]) -> list[str]:
    if sorted(header) != sorted(COLUMNS):
        raise wrong(f"needs the columns {','.join(COLUMNS)}", 1)
    return header


def named(header: list[str], row: list[str], number: int) -> dict[str, str]:
    if len(row) != len(header):
        raise wrong(f"has {len(row)} columns instead of {len(header)}", number)
    return {name: field.strip() for name, field in zip(header, row, strict=True)}


def wrong(message: str, row: int | None = None) -> ProblemError:
    return refused([FieldError(field="file", message=message, row=row)])
