"""A journal says what was begun before it is done, never slows the work, and never ends it."""

import threading
import time
from collections.abc import Callable

import pytest

from deploy.errors import Interrupted, LockLostError, PreflightError, ToolError
from deploy.events import Change, Event, Note, PhaseEnded, PhaseStarted, PlanShown
from deploy.release.journal import Journal
from deploy.release.record import CUT_OFF, ServiceRecord, SiteRecord, cut_off, key_of, serialize
from tests.unit.release.journaled import ID, RECORD, STARTED, Shelf

PLAN = PlanShown("deploy", (Change("~", "service api", "another image", "old", "new"),))


class Run:
    """A run that journals into a shelf; `events` are what its user sees."""

    def __init__(self, shelf: Shelf, patience: float = 5.0) -> None:
        self.shelf, self.events = shelf, list[Event]()
        self.journal = Journal(RECORD, now=lambda: STARTED + 60, patience=patience)
        self.emit = self.journal.emit(self.events.append)

    @property
    def warnings(self) -> list[str]:
        return [note.text for note in self.events if isinstance(note, Note)]


def ended(phase: str) -> PhaseEnded:
    return PhaseEnded(phase, ok=True, seconds=2)


def waited(flag: threading.Event) -> None:
    flag.wait(30)


def eventually(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_has_nothing_to_do_leaves_no_record() -> None:
    run = Run(Shelf())
    run.emit(PLAN)
    run.journal.finish("unchanged", 0)
    assert not run.shelf.bodies
    assert run.events == [PLAN]


def test_what_came_before_the_beginning_is_recorded_with_it() -> None:
    run = Run(Shelf())
    for event in (PhaseStarted("build"), ended("build"), PLAN):
        run.emit(event)
    run.journal.begin(run.shelf, token=7)
    record = run.shelf.record
    assert record.plan == ("~ service api  another image",)
    assert [phase.name for phase in record.phases] == ["build"]
    assert (record.token, record.running, record.outcome) == (7, (), "")
    run.journal.finish("succeeded", 0)


def test_a_phase_is_recorded_before_it_begins() -> None:
    run = Run(Shelf())
    run.journal.begin(run.shelf)
    for phase in ("push", "rollout api"):
        run.emit(PhaseStarted(phase))
        assert run.shelf.record.running == (phase,)
        run.emit(ended(phase))
    run.journal.finish("succeeded", 0, "api 7")
    record = run.shelf.record
    assert (record.outcome, record.exit_code, record.summary) == ("succeeded", 0, "api 7")
    assert record.finished == STARTED + 60
    assert [phase.name for phase in record.phases] == ["push", "rollout api"]


def test_the_start_of_a_phase_stores_all_that_came_before() -> None:
    run = Run(Shelf())
    run.journal.begin(run.shelf)
    run.journal.service("api", ServiceRecord("arn:7"))
    run.journal.service("api", ServiceRecord("arn:7", outcome="succeeded"))
    run.journal.site("web", SiteRecord("r1"))
    run.emit(PhaseStarted("publish web"))
    assert run.shelf.record.services == {"api": ServiceRecord("arn:7", outcome="succeeded")}
    assert run.shelf.record.sites == {"web": SiteRecord("r1")}
    run.journal.finish("succeeded", 0)


def test_ends_are_stored_without_being_waited_for_and_only_the_newest_counts() -> None:
    shelf, held = Shelf(), threading.Event()
    run = Run(shelf)
    run.journal.begin(shelf)
    run.emit(PhaseStarted("push"))
    shelf.before = lambda _: waited(held)
    for number in range(100):
        run.emit(ended(f"part {number}"))
    held.set()
    run.journal.finish("succeeded", 0)
    assert len(shelf.record.phases) == 100
    assert len(shelf.bodies) <= 5


def test_two_writes_are_never_made_at_once() -> None:
    shelf, busy, clashes = Shelf(), threading.Lock(), list[bytes]()

    def before(body: bytes) -> None:
        if not busy.acquire(blocking=False):
            clashes.append(body)
            return
        time.sleep(0.001)
        busy.release()

    shelf.before = before
    run = Run(shelf)
    run.journal.begin(shelf)

    def work(name: str) -> None:
        for number in range(20):
            run.emit(PhaseStarted(f"{name} {number}"))
            assert f"{name} {number}" in shelf.record.running
            run.emit(ended(f"{name} {number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.journal.finish("succeeded", 0)
    assert not clashes
    assert len(shelf.record.phases) == 60


def fail(_body: bytes) -> None:
    raise ToolError("no network")


def test_a_journal_that_cannot_be_begun_is_an_error_before_anything_is_changed() -> None:
    run = Run(Shelf(before=fail))
    with pytest.raises(PreflightError, match="can't be recorded: no network"):
        run.journal.begin(run.shelf)
    run.emit(PhaseStarted("push"))
    assert not run.shelf.bodies


def test_a_lock_that_was_lost_before_the_beginning_is_told_as_that() -> None:
    def lost() -> None:
        raise LockLostError("taken over")

    with pytest.raises(LockLostError):
        Journal(RECORD, now=lambda: STARTED).begin(Shelf(), check=lost)


def test_a_journal_that_breaks_later_costs_one_warning_and_the_deploy_goes_on() -> None:
    run = Run(Shelf())
    run.journal.begin(run.shelf)
    run.shelf.before = fail
    for phase in ("push", "rollout api"):
        run.emit(PhaseStarted(phase))
        run.emit(ended(phase))
    run.journal.finish("succeeded", 0)
    assert len(run.warnings) == 1
    assert run.shelf.record.outcome == ""


def test_a_journal_that_mends_has_everything() -> None:
    run = Run(Shelf())
    run.journal.begin(run.shelf)
    run.shelf.before = fail
    run.emit(PhaseStarted("push"))
    eventually(lambda: run.warnings)
    run.shelf.before = lambda _: None
    run.emit(ended("push"))
    eventually(lambda: run.shelf.record.phases)
    run.emit(PhaseStarted("rollout api"))
    assert run.shelf.record.running == ("rollout api",)
    run.journal.finish("succeeded", 0)
    assert [phase.name for phase in run.shelf.record.phases] == ["push"]
    assert run.shelf.record.outcome == "succeeded"


def test_a_slow_s3_does_not_hold_a_phase_up_for_long() -> None:
    shelf, held = Shelf(), threading.Event()
    run = Run(shelf, patience=0.1)
    run.journal.begin(shelf)
    shelf.before = lambda _: waited(held)
    began = time.monotonic()
    for number in range(20):
        run.emit(PhaseStarted(f"{number}"))
    assert time.monotonic() - began < 5
    assert len(run.warnings) == 1
    held.set()
    run.journal.finish("succeeded", 0)
    assert shelf.record.outcome == "succeeded"


def test_a_run_whose_lock_is_lost_stops_before_its_next_phase() -> None:
    run, lost = Run(Shelf()), threading.Event()

    def check() -> None:
        if lost.is_set():
            raise LockLostError("another run has taken over")

    run.journal.begin(run.shelf, check=check)
    run.emit(PhaseStarted("push"))
    lost.set()
    with pytest.raises(LockLostError):
        run.emit(PhaseStarted("rollout api"))
    run.journal.finish("superseded", 5)
    assert run.shelf.record.running == ("push",)
    assert run.shelf.record.outcome == ""


def test_a_record_that_another_run_has_closed_stays_closed() -> None:
    run = Run(Shelf())
    run.journal.begin(run.shelf)
    run.emit(PhaseStarted("push"))
    run.shelf.write(key_of(ID), serialize(cut_off(run.shelf.record, STARTED + 90)))
    run.emit(ended("push"))
    run.journal.finish("succeeded", 0)
    assert run.shelf.record.outcome == CUT_OFF
    assert "another run has closed it" in run.warnings[0]


def test_a_write_of_our_own_whose_reply_was_lost_is_written_over() -> None:
    shelf = Shelf()
    run = Run(shelf)
    run.journal.begin(shelf)

    def lose_reply(body: bytes) -> None:
        shelf.before = lambda _: None
        shelf.write(key_of(ID), body)
        raise ToolError("the connection broke")

    shelf.before = lose_reply
    run.emit(PhaseStarted("push"))
    run.emit(ended("push"))
    run.journal.finish("succeeded", 0)
    assert shelf.record.outcome == "succeeded"


def test_a_record_that_is_there_already_is_not_written_over() -> None:
    shelf = Shelf()
    shelf.write(key_of(ID), b"another's")
    with pytest.raises(PreflightError, match="already"):
        Journal(RECORD, now=lambda: STARTED).begin(shelf)
    assert shelf.found[key_of(ID)] == b"another's"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyboardInterrupt(), ("interrupted", 130, "")),
        (Interrupted("the other half failed"), ("interrupted", 130, "")),
        (PreflightError("no such bucket"), ("failed", 3, "no such bucket")),
        (ToolError("terraform failed"), ("failed", 1, "terraform failed")),
        (ValueError("hunter2"), ("failed", 1, "ValueError")),
    ],
)
def test_an_error_ends_the_record(error: BaseException, told: tuple[str, int, str]) -> None:
    run = Run(Shelf())

    def work() -> None:
        with run.journal.recorded(run.shelf):
            run.emit(PhaseStarted("push"))
            raise error

    with pytest.raises(type(error)):
        work()
    record = run.shelf.record
    assert (record.outcome, record.exit_code, record.summary) == told
    assert b"hunter2" not in b"".join(run.shelf.bodies)


def test_a_run_that_finished_itself_keeps_its_end() -> None:
    run = Run(Shelf())
    with run.journal.recorded(run.shelf, token=3):
        run.journal.finish("rolled back", 4, "api 7 failed")
    assert (run.shelf.record.outcome, run.shelf.record.exit_code) == ("rolled back", 4)


def test_nothing_is_written_after_the_end() -> None:
    others = set(threading.enumerate())
    run = Run(Shelf())
    run.journal.begin(run.shelf)
    run.journal.finish("succeeded", 0)
    run.emit(PhaseStarted("late"))
    run.journal.service("api", ServiceRecord("arn"))
    assert run.shelf.record.outcome == "succeeded"
    assert run.shelf.record.running == ()
    eventually(lambda: set(threading.enumerate()) <= others)
