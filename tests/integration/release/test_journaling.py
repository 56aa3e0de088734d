"""A run under the lock: it closes what the one before left, and its end is in its record."""

import subprocess
import time
from pathlib import Path

import pytest

from deploy.config.model import Config, Environment
from deploy.errors import LockLostError, PreflightError
from deploy.events import Event, Note, PhaseStarted
from deploy.journaling import new_journal, recorded
from deploy.objects import Objects
from deploy.release import archive
from deploy.release.history import state
from deploy.release.hold import swap
from deploy.release.lock import Holder, free
from deploy.release.record import CUT_OFF, new_id
from tests.integration.local_cloud import ROOT, Cloud
from tests.integration.release.contender import contend, http_at
from tests.integration.release.journaling import STARTED
from tests.integration.release.test_release_killed import PATIENCE, argv

CONFIG = Config(ROOT, "demo", Environment("local", "us-east-1"), {})
WHO = Holder("1", "ada", "laptop")


@pytest.fixture
def objects(cloud: Cloud, records: str) -> Objects:
    return Objects(http_at(cloud.endpoint), records)


def test_a_run_closes_what_was_cut_off_and_records_itself(objects: Objects) -> None:
    left = new_id(STARTED, "a" * 7)
    command = argv(str(objects.http.endpoint), objects.name, left, "after", 2)
    subprocess.run(command, cwd=ROOT, timeout=PATIENCE, check=False)
    events: list[Event] = []
    journal = new_journal(CONFIG, "deploy", WHO, now=time.time)
    emit = journal.emit(events.append)
    with (
        contend(objects.http, objects.name, "ada") as hold,
        recorded(journal, objects, hold, emit),
    ):
        emit(PhaseStarted("push"))
        running = archive.find(objects, "last")
        journal.finish("succeeded", 0)
    assert state(running, hold.token) == "running push"
    assert (running.by, running.host, running.token) == ("ada", "laptop", hold.token)
    (note,) = [event for event in events if isinstance(event, Note)]
    assert f"release {left} of ada was cut off" in note.text
    assert archive.find(objects, left).outcome == CUT_OFF
    assert archive.find(objects, "last").outcome == "succeeded"


def test_a_record_names_the_commit(objects: Objects) -> None:
    journal = new_journal(CONFIG, "rollback", WHO, now=lambda: STARTED, origin="x")
    assert len(journal.record.commit) in (0, 40)
    assert journal.record.origin == "x"
    nowhere = Config(Path("/"), "demo", CONFIG.environment, {})
    assert new_journal(nowhere, "deploy", WHO, now=lambda: STARTED).record.commit == ""


def test_a_run_that_loses_the_lock_stops_and_its_record_stays(objects: Objects) -> None:
    journal = new_journal(CONFIG, "deploy", WHO, now=time.time)
    emit = journal.emit(lambda _event: None)

    def work() -> None:
        with (
            contend(objects.http, objects.name, "ada", lease=0.5) as hold,
            recorded(journal, objects, hold, emit),
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
    journal = new_journal(CONFIG, "deploy", WHO, now=time.time)

    def work() -> None:
        with (
            contend(objects.http, objects.name, "ada") as hold,
            recorded(journal, nowhere, hold, lambda _event: None),
        ):
            raise AssertionError("begun")

    with pytest.raises(PreflightError, match="no bucket"):
        work()
