"""Writes a release's record while the run goes on.

What the journal guarantees: what it says has been done or begun, and what a run does within a phase
(after its PhaseStarted) is done only once the journal says that the phase has begun. So a run that
is killed at any moment leaves a record whose `running` names the phases that it was in. To that end
the start of a phase waits until it is stored. The end of a phase, and what came of it, is stored
beside the work: at most one write at a time, always of the newest state.

A journal that can't be begun is an error, before anything is changed. If it can't be written later
it costs a warning and the deploy goes on: to stop midway would be worse than a gap in the history.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from deploy.errors import Interrupted, LockLostError, PreflightError, ShipwayError, ToolError
from deploy.events import Emit, Event, Note, PhaseEnded, PhaseStarted, PlanShown
from deploy.outcome import Outcome
from deploy.release.hold import Objects
from deploy.release.record import (
    CUT_OFF,
    Record,
    ServiceRecord,
    SiteRecord,
    finished,
    key_of,
    parse,
    phase_ended,
    phase_started,
    planned,
    serialize,
)
from deploy.release.writer import ClosedError, Writer

JSON = "application/json"
PATIENCE = 5.0  # seconds that the start of a phase waits for a slow S3
LAST_PATIENCE = 20.0  # seconds that the end of a run waits for it


def _nothing() -> None:
    pass


class Journal:
    """The record of one run. `now` gives Unix seconds. Any thread may call.

    From the start it takes in what it is told and what passes through `emit`, but it writes only
    after `begin`: a run that has nothing to do leaves no record.
    """

    def __init__(
        self, record: Record, *, now: Callable[[], float], patience: float = PATIENCE
    ) -> None:
        self.record, self.now, self.patience = record, now, patience
        self._lock = threading.RLock()
        self._file: _File | None = None
        self._writer: Writer | None = None
        self._tell: Emit = lambda _event: None
        self._warned = False

    def emit(self, emit: Emit) -> Emit:
        """Return an `emit` that takes plan and phases into the record, and hands all events on.

        With a PhaseStarted it returns when the record that says so is stored. That raises
        LockLostError if the lock is another run's by now.
        """
        self._tell = emit

        def recorded(event: Event) -> None:
            self._take_in(event)
            emit(event)

        return recorded

    def begin(
        self, objects: Objects, *, token: int = 0, check: Callable[[], None] = _nothing
    ) -> None:
        """Store the record for the first time, before anything is changed.

        `token` is the lock's; `check` raises LockLostError once the lock is lost, and is called
        before each write. Raises PreflightError if the record can't be stored.
        """
        check()
        with self._lock:
            self.record = replace(self.record, token=token)
            file = _File(objects, key_of(self.record.id), check)
            try:
                file.create(serialize(self.record))
            except ShipwayError as error:
                raise PreflightError(
                    f"the release can't be recorded: {error.message}",
                    remedy=error.remedy,
                    details=error.details,
                ) from error
            self._file, self._writer = file, Writer(file.store, self._failed)

    @contextmanager
    def recorded(
        self, objects: Objects, *, token: int = 0, check: Callable[[], None] = _nothing
    ) -> Iterator[None]:
        """Begin; if the block raises, finish with what its error says, else it calls `finish`."""
        self.begin(objects, token=token, check=check)
        try:
            yield
        except BaseException as error:
            self.finish(*_told(error))
            raise

    def service(self, name: str, service: ServiceRecord) -> None:
        """Take in what is known of a service of the release, in place of what was known before."""
        self._change(lambda old: replace(old, services={**old.services, name: service}))

    def site(self, name: str, site: SiteRecord) -> None:
        """Take in what is known of a site of the release, in place of what was known before."""
        self._change(lambda old: replace(old, sites={**old.sites, name: site}))

    def finish(self, outcome: str, exit_code: int, summary: str = "") -> None:
        """Store how the run ended, and nothing afterwards. `outcome` is an `Outcome`'s label."""
        with self._lock:
            writer = self._writer
            self._change(lambda old: finished(old, outcome, exit_code, summary, self.now()))
            self._writer = None
        if writer is None:
            return
        if not writer.stored(LAST_PATIENCE):
            self._warn("the release's record has no end: it will be listed as cut off")
        writer.end()

    def _take_in(self, event: Event) -> None:
        match event:
            case PlanShown():
                self._change(lambda old: planned(old, event.changes))
            case PhaseStarted():
                self._change(lambda old: phase_started(old, event.phase))
                self._wait()
            case PhaseEnded():
                self._change(lambda old: phase_ended(old, event))

    def _change(self, change: Callable[[Record], Record]) -> None:
        with self._lock:
            self.record = change(self.record)
            if self._writer:
                self._writer.give(serialize(self.record))

    def _wait(self) -> None:
        with self._lock:
            writer, file = self._writer, self._file
        if writer is None or file is None:
            return
        file.check()
        if not writer.stored(self.patience if writer.patient else 0):
            self._warn("the release's record can't be written at the moment; the deploy goes on")

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, LockLostError):  # the deploy hears of that itself
            self._warn(f"the release's record could not be written: {error}")

    def _warn(self, text: str) -> None:
        with self._lock:
            warned, self._warned = self._warned, True
        if not warned:
            self._tell(Note(text, "warning"))


class _File:
    """The record's object. Only what this run has written there is written over."""

    def __init__(self, objects: Objects, key: str, check: Callable[[], None]) -> None:
        self.objects, self.key, self.check = objects, key, check
        self.etag: str | None = None

    def create(self, body: bytes) -> None:
        self.etag = self.objects.put_if(self.key, body, JSON, None)
        if self.etag is None:
            raise ToolError(f"{self.key} is there already", remedy="run the same command again")

    def store(self, body: bytes) -> None:
        """Raises ClosedError if another run has closed the record meanwhile."""
        self.check()
        stored = self.objects.put_if(self.key, body, JSON, self.etag)
        self.etag = stored or self._again(body)

    def _again(self, body: bytes) -> str:
        """Store over an earlier write of our own whose reply never came."""
        got = self.objects.get(self.key)
        if got is None or parse(got.body).outcome == CUT_OFF:
            raise ClosedError("another run has closed it")
        stored = self.objects.put_if(self.key, body, JSON, got.etag)
        if stored is None:
            raise ClosedError("another run writes it too")
        return stored


def _told(error: BaseException) -> tuple[str, int, str]:
    """Return outcome, exit code and summary for an error. Only our own messages are told."""
    if isinstance(error, KeyboardInterrupt | Interrupted):
        return Outcome.INTERRUPTED.label, Outcome.INTERRUPTED.exit_code, ""
    if isinstance(error, LockLostError):
        return Outcome.SUPERSEDED.label, error.exit_code, error.message
    if isinstance(error, ShipwayError):
        return Outcome.FAILED.label, error.exit_code, error.message
    return Outcome.FAILED.label, 1, type(error).__name__
