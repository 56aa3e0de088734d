"""A run's journal, begun under the environment's lock, after what was cut off has been closed."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy import git
from deploy.config.model import Config
from deploy.events import Emit, Note
from deploy.objects import Objects
from deploy.release import archive
from deploy.release.history import state
from deploy.release.hold import Hold
from deploy.release.journal import Journal
from deploy.release.lock import Holder
from deploy.release.record import Kind, Record, new_id


def new_journal(
    config: Config, kind: Kind, who: Holder, *, now: Callable[[], float], origin: str = ""
) -> Journal:
    """Return the journal of a run of `who`; `now` gives Unix seconds. Nothing is written yet.

    `origin` is the release that a rollback returns to.
    """
    commit, started = git.head(config.root), now()
    record = Record(
        new_id(started, secrets.token_hex(4)),
        kind,
        config.environment.name,
        who.by,
        who.host,
        started,
        commit=commit.sha,
        dirty=commit.dirty,
        origin=origin,
    )
    return Journal(record, now=now)


@contextmanager
def recorded(journal: Journal, objects: Objects, hold: Hold, emit: Emit) -> Iterator[None]:
    """Record what the block does, which calls `journal.finish` at its end.

    `objects` are the records bucket, written past the fence: the journal asks `hold` itself. If
    the block raises, the record says so. Raises PreflightError if it can't be begun.
    """
    for cut in archive.close_unfinished(objects, held=True, now=journal.now):
        told = f"release {cut.id} of {cut.by} was {state(cut, None)}"
        emit(Note(f"{told}; what it left is seen to by this run", "warning"))
    with journal.recorded(objects, token=hold.token, check=hold.check):
        yield
