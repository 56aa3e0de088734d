"""What a deploy would do to a service's database, and why. Pure.

the same database, all of the source's revisions applied    -> nothing
the same database, some are not                             -> run
another database, or nothing is known of what it has        -> run: it finds out by itself
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from deploy.events import Change
from deploy.migrations.record import MigrationRecord
from deploy.migrations.revisions import History, Revision

NAMED = 5  # revisions that a line names


@dataclass(frozen=True)
class MigrationPlan:
    """`pending` are the revisions that are not known to be applied, `applied` the ids of all that
    are when it has succeeded. `database` tells which database it is.
    """

    service: str
    run: bool
    reason: str
    database: str
    head: str = ""
    pending: tuple[Revision, ...] = ()
    applied: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def changes(self) -> tuple[Change, ...]:
        return (Change("~" if self.run else "=", f"migrate {self.service}", self.reason),)


def plan_migration(
    service: str, history: History, record: MigrationRecord | None, database: str
) -> MigrationPlan:
    """Return whether the migration is to be run: `record` is what is known of the database,
    `database` tells which one the service uses.
    """
    if not history.head:
        return MigrationPlan(service, run=False, reason="there are no revisions", database=database)
    applied = _applied(record, database)
    pending = tuple(each for each in history.revisions.values() if each.id not in (applied or ()))
    return MigrationPlan(
        service,
        run=bool(pending),
        reason=f"{titles(pending)}{_unknown(record, database)}" if pending else _none(record),
        database=database,
        head=history.head,
        pending=pending,
        applied=tuple(history.revisions),
        notes=_notes(service, history, record) if applied and pending else (),
    )


def _applied(record: MigrationRecord | None, database: str) -> tuple[str, ...] | None:
    return record.applied if record and record.database == database else None


def titles(revisions: Iterable[Revision]) -> str:
    """Return "2 revisions: 0001 drivers, 0002 trips"; the newest are named where there are many."""
    names = [each.title for each in revisions]
    more = f"{len(names) - NAMED} more, " if len(names) > NAMED else ""
    return f"{len(names)} revision{'s'[: len(names) != 1]}: {more}{', '.join(names[-NAMED:])}"


def _unknown(record: MigrationRecord | None, database: str) -> str:
    """Say why all revisions count as pending, where that is so."""
    if record is None:
        return ", as far as is known: no migration is recorded"
    if record.database != database:
        return ", as far as is known: the database or its secret is another one"
    return ", as far as is known" if record.applied is None else ""


def _none(record: MigrationRecord | None) -> str:
    return f"nothing pending (at {record.revision})" if record else "nothing pending"


def _notes(service: str, history: History, record: MigrationRecord | None) -> tuple[str, ...]:
    if record is None or record.revision in history.revisions:
        return ()
    at = f"the database is at revision {record.revision}, which this source does not have"
    return (f"{service}: {at}: Alembic will not find its way unless its file comes back",)
