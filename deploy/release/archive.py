"""The records of an environment's releases in its bucket: read, found, closed."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from deploy.errors import PreflightError
from deploy.objects import Objects
from deploy.release.history import History, Unreadable, named, of_commit, unfinished
from deploy.release.record import PREFIX, Record, cut_off, id_of, key_of, parse, serialize

JSON = "application/json"
READERS = 16  # GETs side by side
RECENT = 10  # records among which a run looks for one that was cut off


@dataclass(frozen=True)
class _Read:
    id: str
    record: Record | None
    etag: str = ""
    why: str = ""


def ids(objects: Objects) -> tuple[str, ...]:
    """Return the ids of all releases, the newest first."""
    found = (id_of(item.key) for item in objects.list(PREFIX))
    return tuple(sorted((each for each in found if each), reverse=True))


def read(objects: Objects, limit: int | None = None) -> History:
    """Return the newest `limit` releases' records (None: all). One LIST, the GETs side by side.

    A record that is damaged, or that a newer Shipway wrote, is named and left out.
    """
    known = ids(objects)
    wanted = known if limit is None else known[:limit]
    found = _read_all(objects, wanted)
    return History(
        tuple(each.record for each in found if each.record),
        tuple(Unreadable(each.id, each.why) for each in found if each.why),
        older=len(known) - len(wanted),
    )


def find(objects: Objects, text: str) -> Record:
    """Return the release that `text` names: an id, its beginning, its last 7 characters, a commit
    (its newest release), or "last".

    Raises PreflightError, naming the newest ones, if there is none or no single one.
    """
    known = ids(objects)
    found = named(known, text)
    if len(found) == 1:
        return _readable(_read_one(objects, found[0]))
    if found:
        raise PreflightError(
            f"{text} is the beginning of {len(found)} releases: {', '.join(found[:5])}",
            remedy="give more of its id",
        )
    history = read(objects)
    if records := of_commit(history.records, text):
        return records[0]
    raise PreflightError(f"there is no release {text}", remedy=_left(known))


def _left(known: tuple[str, ...]) -> str:
    if not known:
        return "nothing was deployed here yet: `invoke deploy`"
    return f"give one of these, or its last 7 characters: {', '.join(known[:5])}"


def close_unfinished(
    objects: Objects, *, held: bool, now: Callable[[], float]
) -> tuple[Record, ...]:
    """Mark the newest releases that have no end as cut off, and return them as they are now.

    Called once the lock is taken, before the journal of the new run begins: whoever holds the
    lock knows that no other run goes on. Does nothing unless it is `held`. `now` gives Unix
    seconds. A run that was only asleep finds the mark and writes no more.
    """
    if not held:
        return ()
    found = _read_all(objects, ids(objects)[:RECENT])
    open_ones = {record.id for record in unfinished([e.record for e in found if e.record], None)}
    closed = []
    for each in found:
        if each.record and each.id in open_ones:
            marked = cut_off(each.record, now())
            if objects.put_if(key_of(each.id), serialize(marked), JSON, each.etag):
                closed.append(marked)
    return tuple(closed)


def _read_all(objects: Objects, wanted: Iterable[str]) -> list[_Read]:
    with ThreadPoolExecutor(READERS, thread_name_prefix="records") as threads:
        return list(threads.map(lambda release: _read_one(objects, release), wanted))


def _read_one(objects: Objects, release: str) -> _Read:
    got = objects.get(key_of(release))
    if got is None:
        return _Read(release, None, why="it is gone")
    try:
        record = parse(got.body)
    except PreflightError as error:
        return _Read(release, None, why=error.message)
    if record.id != release:
        return _Read(release, None, why=f"it says that it is {record.id}")
    return _Read(release, record, got.etag)


def _readable(found: _Read) -> Record:
    if found.record is None:
        raise PreflightError(
            f"the record of release {found.id} can't be read: {found.why}",
            remedy="the bucket keeps earlier versions of it for 30 days",
        )
    return found.record
