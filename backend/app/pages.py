"""Paging by key: a page begins after the last row of the one before, so that rows which are added
meanwhile neither repeat a row nor hide one, as a growing offset would.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from fastapi import Depends, Query

from .problems import FieldError, refused

LIMIT = 50
MOST = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Key(NamedTuple):
    """Where a row stands: newest first, and of the same instant by id."""

    at: datetime
    id: UUID

    def cursor(self) -> str:
        """As text for a URL; what is in it is nobody's business."""
        return base64.urlsafe_b64encode(f"{self.at.isoformat()} {self.id}".encode()).decode()

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Raises ValueError for what cursor() has not written."""
        try:
            at, row_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split(" ")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("not a cursor") from error
        return cls(in_utc(datetime.fromisoformat(at)), UUID(row_id))


def in_utc(at: datetime) -> datetime:
    if at.tzinfo is None or at < EPOCH:
        raise ValueError("not a time that was written")
    return at.astimezone(UTC)


class Page(NamedTuple):
    """What is asked for: at most `limit` rows, those after `after` if it is given."""

    limit: int
    after: Key | None

    def key(self) -> tuple[datetime | None, UUID | None]:
        """For SQL: both null for the first page."""
        return (self.after.at, self.after.id) if self.after else (None, None)

    def next_cursor(self, keys: Sequence[Key]) -> str | None:
        """Takes the keys of up to limit + 1 rows; a row too many says that there is more."""
        return keys[self.limit - 1].cursor() if len(keys) > self.limit else None


def page(
    limit: Annotated[int, Query(ge=1, le=MOST)] = LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=200, description="next_cursor of the page before")
    ] = None,
) -> Page:
    try:
        return Page(limit, Key.read(cursor) if cursor else None)
    except ValueError:
        error = FieldError(field="cursor", message="is not one that a page has given")
        raise refused([error]) from None


Paged = Annotated[Page, Depends(page)]
