"""A run under the lock: it closes what the one before left, and its end is in its record."""

import subprocess
import time

import pytest

from deploy.errors import LockLostError, PreflightError
from deploy.events import PhaseStarted
from deploy.objects import Objects
from deploy.release import archive
from deploy.release.history import state
from deploy.release.hold import swap
from deploy.release.journal import Journal
from deploy.release.lock import free
from deploy.release.record import CUT_OFF, new_id
from tests.integration.local_cloud import ROOT, Cloud
from tests.integration.release.contender import contend, http_at
from tests.integration.release.journaling import STARTED, record
from tests.integration.release.test_release_killed import PATIENCE, argv

MINE = new_id(STARTED + 60, "e" * 7)


@pytest.fixture
def objects(cloud: Cloud, records: str) -> Objects:
    return Objects(http_at(cloud.endpoint), records)


def test_a_run_closes_what_was_cut_off_and_records_itself(objects: Objects) -> None:
    left = new_id(STARTED, "a" * 7)
    command = argv(str(objects.http.endpoint), objects.name, left, "after", 2)
    subprocess.run(command, cwd=ROOT, timeout=PATIENCE, check=False)
    journal = Journal(record(MINE), now=time.time)
    emit = journal.emit(lambda _event: None)
    with contend(objects.http, objects.name, "ada") as hold:
        (cut,) = archive.close_unfinished(objects, held=True, now=hold.now)
        with journal.recorded(objects, token=hold.token, check=hold.check):
            emit(PhaseStarted("push"))
            running = archive.find(objects, "last")
            journal.finish("succeeded", 0)
    assert (running.id, state(running, hold.token)) == (MINE, "running push")
    assert running.token == hold.token
    assert (cut.id, archive.find(objects, left).outcome) == (left, CUT_OFF)
    assert archive.find(objects, "last").outcome == "succeeded"


def test_a_run_that_loses_the_lock_stops_and_its_record_stays(objects: Objects) -> None:
    journal = Journal(record(MINE), now=time.time)
    emit = journal.emit(lambda _event: None)

    def work() -> None:
        with (
            contend(objects.http, objects.name, "ada", lease=0.5) as hold,
            journal.recorded(objects, token=hold.token, check=hold.check),
        ):
            emit(PhaseStarted("push"))
            swap(objects, free)
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                emit(PhaseStarted("rollout api"))

    with pytest.raises(LockLostError):
        work()
    assert archive.find(objects, "last").outcome == ""


def test_without_a_bucket_nothing_is_begun(objects: Objects) -> None:
    nowhere = Objects(objects.http, "no-such-bucket-of-records")
    with pytest.raises(PreflightError, match="no bucket"):
        Journal(record(MINE), now=time.time).begin(nowhere)
