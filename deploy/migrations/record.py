"""What is known of a database: the revisions that were applied to it. Pure.

One JSON object a service in the environment's records bucket, written after each migration. It is a
memory that saves a task, not the truth: that is in the database. Without it, or if the database is
another one, the migration is run, and finds by itself that nothing is pending.
"""

import json
from dataclasses import asdict, dataclass

FORMAT = 1


@dataclass(frozen=True)
class MigrationRecord:
    """`applied` are ids of revisions, None if nobody knows which; `revision` is the newest.

    `database` tells which database it was: a hash of its secret's version. `release` is the id of
    the release that did it, `at` when (Unix seconds).
    """

    revision: str
    applied: tuple[str, ...] | None
    database: str
    release: str
    at: float


def key_of(service: str) -> str:
    """Return the key of a service's record."""
    return f"migrations/{service}.json"


def serialize(record: MigrationRecord) -> bytes:
    """Return the JSON that `parse` takes."""
    return json.dumps({"format": FORMAT, **asdict(record)}, indent=1).encode() + b"\n"


def parse(data: bytes) -> MigrationRecord | None:
    """Return the record, None if it is damaged or of another format: then nothing is known."""
    try:
        fields = json.loads(data)
        if fields.pop("format") != FORMAT:
            return None
        applied = fields.pop("applied")
        return MigrationRecord(**fields, applied=None if applied is None else tuple(applied))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
