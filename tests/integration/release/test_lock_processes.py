"""Two deploys in processes of their own, killed, interrupted and stopped by signals."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from deploy.objects import Objects
from deploy.release.hold import read
from deploy.release.lock import Lock
from tests.integration.local_cloud import ROOT, Cloud, eventually
from tests.integration.release.contender import http_at

SHORT = 1.5  # seconds of a lease
PROGRAM = (sys.executable, "-u", "-m", "tests.integration.release.contender", "obey")


class Deploy:
    """A process that wants the lock, and then writes what it is told to."""

    def __init__(self, endpoint: str, bucket: str, name: str, wait: float, lease: float) -> None:
        self.process = subprocess.Popen(
            (*PROGRAM, endpoint, bucket, name, str(wait), str(lease)),
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().rstrip()

    def lines_to(self, start: str) -> list[str]:
        """Return its lines up to the one that begins with `start`."""
        lines = [self.line()]
        while not lines[-1].startswith(start):
            assert self.process.poll() is None, lines
            lines.append(self.line())
        return lines

    def tell(self, what: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def end(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(30)


@pytest.fixture
def start(cloud: Cloud, records: str) -> Iterator[Callable[..., Deploy]]:
    started: list[Deploy] = []

    def run(name: str, wait: float = 0, lease: float = 60) -> Deploy:
        started.append(Deploy(cloud.endpoint, records, name, wait, lease))
        return started[-1]

    with ExitStack() as stack:
        yield run
        for deploy in started:
            deploy.process.kill()
            stack.enter_context(deploy.process)


@pytest.fixture
def objects(cloud: Cloud, records: str) -> Objects:
    return Objects(http_at(cloud.endpoint), records)


def test_of_two_at_once_the_other_ends_and_names_the_owner(
    start: Callable[..., Deploy], objects: Objects
) -> None:
    first = start("ada")
    assert first.line() == "held 1"
    second = start("ben")
    assert second.line().startswith("environment local is locked: ada@here, deploy since ")
    assert second.process.wait(30) == 7
    first.tell("http")
    assert first.line() == "written"
    assert first.end() == 0
    assert read(objects) == Lock(1)


def test_who_waits_is_told_for_whom_and_comes_next(
    start: Callable[..., Deploy], objects: Objects
) -> None:
    first = start("ada")
    assert first.line() == "held 1"
    second = start("ben", wait=60)
    assert second.line() == "▸ lock  up to 1 min"
    assert second.line().strip().startswith("waiting for ada@here, deploy since ")
    assert first.end() == 0
    assert second.lines_to("held")[-1] == "held 2"
    assert second.end() == 0


def test_ctrl_c_lets_the_lock_go_at_once(start: Callable[..., Deploy], objects: Objects) -> None:
    first = start("ada")
    assert first.line() == "held 1"
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(30) == 130
    assert read(objects) == Lock(1)
    assert start("ben").line() == "held 2"


def test_ctrl_c_while_waiting_leaves_the_lock_with_its_holder(
    start: Callable[..., Deploy], objects: Objects
) -> None:
    assert start("ada").line() == "held 1"
    second = start("ben", wait=60)
    second.lines_to("    waiting")
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(30) == 130
    holder = read(objects).holder
    assert holder
    assert holder.by == "ada"


def test_after_kill_9_the_lock_is_free_when_its_lease_ends(
    start: Callable[..., Deploy],
) -> None:
    first = start("ada", lease=SHORT)
    assert first.line() == "held 1"
    first.process.kill()
    refused = start("ben")
    assert "its lease ends" in refused.line() or refused.process.wait(30) == 7
    third = start("cyd", wait=60)
    told = third.lines_to("held")
    assert told[-1] == "held 2"
    assert any("ada@here (deploy) ended without letting the lock go" in line for line in told)


def test_a_long_run_keeps_the_lock(start: Callable[..., Deploy], objects: Objects) -> None:
    """It renews its lease while it only waits for a rollout."""
    first = start("ada", lease=SHORT)
    assert first.line() == "held 1"
    begun = read(objects)
    eventually(lambda: (read(objects).until or 0) > begun.since + 3 * SHORT)
    assert start("ben").process.wait(30) == 7
    first.tell("boto3")
    assert first.line() == "written"


@pytest.mark.parametrize("how", ["http", "boto3"])
def test_a_stopped_run_that_lost_the_lock_writes_no_more(
    start: Callable[..., Deploy], objects: Objects, how: str
) -> None:
    old = start("ada", lease=SHORT)
    assert old.line() == "held 1"
    old.tell(how)
    assert old.line() == "written"
    old.process.send_signal(signal.SIGSTOP)
    new = start("ben", wait=60)
    assert new.lines_to("held")[-1] == "held 2"
    old.tell(how)
    old.process.send_signal(signal.SIGCONT)
    assert "does not hold the environment's lock any more" in old.line()
    assert old.process.wait(30) == 5
    new.tell(how)
    assert new.line() == "written"
    assert [found.key for found in objects.list("ada/")] == ["ada/0"]
    holder = read(objects).holder
    assert holder
    assert holder.by == "ben"
    assert new.end() == 0


def test_a_stopped_run_that_nobody_overtook_goes_on(start: Callable[..., Deploy]) -> None:
    run = start("ada", lease=0.3)
    assert run.line() == "held 1"
    run.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    eventually(lambda: time.monotonic() > stopped + 1)
    run.process.send_signal(signal.SIGCONT)
    run.tell("http")
    assert run.line() == "written"
    assert run.end() == 0
