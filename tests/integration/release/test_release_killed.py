"""A run that is killed at any write of its record leaves one that tells how far it came."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from deploy.objects import Objects
from deploy.release import archive
from deploy.release.history import state
from deploy.release.record import CUT_OFF, Record, key_of, new_id
from tests.integration.local_cloud import ROOT, Cloud
from tests.integration.release.contender import http_at
from tests.integration.release.journaling import PHASES, STARTED, record, work
from tests.integration.site.faulty_cloud import Fault, FaultyCloud, How

MOST_WRITES = 30
PATIENCE = 60.0  # seconds


@pytest.fixture
def objects(cloud: Cloud, records: str) -> Objects:
    return Objects(http_at(cloud.endpoint), records)


def argv(endpoint: str, bucket: str, release: str, when: str, number: int) -> tuple[str, ...]:
    module = "tests.integration.release.journaling"
    return (sys.executable, "-m", module, endpoint, bucket, release, when, str(number))


def killed(objects: Objects, when: str) -> Iterator[str]:
    """Run it again and again, killed at each of its writes; yield the id of each that was."""
    endpoint = str(objects.http.endpoint)
    for number in range(MOST_WRITES):
        release = new_id(STARTED + number, f"{number:07x}")
        code = subprocess.run(
            argv(endpoint, objects.name, release, when, number),
            cwd=ROOT,
            timeout=PATIENCE,
            check=False,
        ).returncode
        if code == 0:
            return
        assert code == -signal.SIGKILL
        yield release
    pytest.fail(f"more than {MOST_WRITES} writes")


def done(objects: Objects, release: str) -> set[str]:
    prefix = f"done/{release}/"
    return {item.key.removeprefix(prefix) for item in objects.list(prefix)}


def begun(found: Record) -> set[str]:
    return {*found.running, *(phase.name for phase in found.phases)}


@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_was_done_is_in_the_record(objects: Objects, when: str) -> None:
    """With it, each run finds the one before and marks it, and nobody marks it again."""
    seen = list(killed(objects, when))
    assert len(seen) > len(PHASES)
    history = archive.read(objects)
    assert not history.unreadable
    found = {each.id: each for each in history.records}
    for release in seen:
        if release not in found:  # killed before the first write
            assert when == "before"
            assert not done(objects, release)
            continue
        assert done(objects, release) <= begun(found[release])
        if not found[release].outcome:
            assert state(found[release], None).startswith(CUT_OFF)
    told = {state(each, None) for each in history.records}
    assert {f"cut off in {phase}" for phase in PHASES} <= told
    assert "succeeded" in told


def test_the_next_run_marks_what_was_cut_off_once(objects: Objects) -> None:
    release = new_id(STARTED, "a" * 7)
    command = argv(str(objects.http.endpoint), objects.name, release, "after", 2)
    subprocess.run(command, cwd=ROOT, timeout=PATIENCE, check=False)
    cut = archive.find(objects, release)
    now = time.time()
    assert archive.close_unfinished(objects, held=False, now=lambda: now) == ()
    (closed,) = archive.close_unfinished(objects, held=True, now=lambda: now)
    assert (closed.outcome, closed.finished, closed.exit_code) == (CUT_OFF, now, None)
    assert closed == archive.find(objects, release)
    assert state(closed, None) == state(cut, None)
    assert archive.close_unfinished(objects, held=True, now=lambda: now) == ()
    work(objects, new_id(now, "b" * 7))
    assert archive.find(objects, "last").outcome == "succeeded"


def test_a_write_on_its_way_when_the_run_is_killed_harms_nothing(
    proxy: FaultyCloud, objects: Objects
) -> None:
    release = new_id(STARTED, "c" * 7)
    proxy.faults.append(Fault("PUT", "hold", key="releases/.*", after=1))
    run = subprocess.Popen(argv(proxy.endpoint, objects.name, release, "", -1), cwd=ROOT)
    try:
        assert proxy.held.wait(PATIENCE)
    finally:
        run.kill()
        run.wait()
    found = archive.find(objects, release)
    assert found.plan == ("~ service api  another image",)
    assert state(found, None) == CUT_OFF
    assert not done(objects, release)


@pytest.mark.parametrize("how", ["500", "reset", "unanswered"])
def test_a_broken_connection_is_tried_again(proxy: FaultyCloud, objects: Objects, how: How) -> None:
    proxy.faults.append(Fault("PUT", how, key="releases/.*", after=1, times=2))
    work(Objects(http_at(proxy.endpoint), objects.name), new_id(STARTED, "d" * 7))
    assert proxy.faults[0].matched > 3
    assert archive.find(objects, "d" * 7).outcome == "succeeded"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"format": 1, "id": ', "it is damaged"),
        (b'{"format": 9, "id": "x"}', "a newer Shipway wrote it"),
        (b"", "it is damaged"),
    ],
)
def test_records_that_cannot_be_read_are_named_and_passed_over(
    objects: Objects, body: bytes, why: str
) -> None:
    good, bad = new_id(STARTED, "1" * 7), new_id(STARTED + 60, "2" * 7)
    work(objects, good)
    objects.write(key_of(bad), body, "application/json")
    objects.write("releases/README.txt", b"not a record", "text/plain")
    history = archive.read(objects)
    assert [each.id for each in history.records] == [good]
    assert [(each.id, why in each.why) for each in history.unreadable] == [(bad, True)]
    assert archive.close_unfinished(objects, held=True, now=time.time) == ()
    assert archive.find(objects, "0123abc").id == good


def test_a_copied_record_is_not_another_release(objects: Objects) -> None:
    copied, original = new_id(STARTED, "3" * 7), new_id(STARTED, "4" * 7)
    work(objects, original)
    got = objects.get(key_of(original))
    assert got
    objects.write(key_of(copied), got.body, "application/json")
    (unreadable,) = archive.read(objects).unreadable
    assert (unreadable.id, original in unreadable.why) == (copied, True)
    assert record(original).commit == "0123abcd0123"
