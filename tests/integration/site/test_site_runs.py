"""Deploys that are interrupted, killed, overtaken, or meet another one."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.errors import LockedError
from deploy.outcome import Outcome
from deploy.release.lock import LEASE
from deploy.site.publish import Published
from tests.integration.local_cloud import ROOT, eventually
from tests.integration.site.faulty_cloud import Fault, FaultyCloud
from tests.integration.site.world import World

pytestmark = pytest.mark.ecs  # CloudFront

PAGES = r".*\.html"
ALWAYS = 10_000
SHORT = 2.0  # seconds of a lease that a test waits for


class Process:
    """A deploy in a process of its own."""

    def __init__(self, world: World, endpoint: str, lease: float) -> None:
        argv, environment = world.program(endpoint, lease)
        self.popen = subprocess.Popen(
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def end(self, number: signal.Signals) -> str:
        self.popen.send_signal(number)
        output, _ = self.popen.communicate(timeout=30)
        return output.decode()


@contextmanager
def held_process(
    world: World, proxy: FaultyCloud, fault: Fault, lease: float = 60.0
) -> Iterator[Process]:
    """A deploy that waits at `fault`."""
    proxy.faults = [fault]
    process = Process(world, proxy.endpoint, lease)
    try:
        eventually(lambda: proxy.held.is_set() or process.popen.poll() is not None)
        assert process.popen.poll() is None, process.end(signal.SIGKILL)
        yield process
    finally:
        process.popen.kill()
        process.popen.communicate()
        proxy.released.set()


UPLOADING = Fault("PUT", "hold", key="assets/.*", after=2)
PAGE = Fault("PUT", "hold", key=PAGES)
MANIFEST = Fault("PUT", "hold", key=r"\.shipway/releases/.*")
SWITCH = Fault("PUT", "hold", key=r"\.shipway/live\.json", after=1)  # the first one claims
LISTING = Fault("LIST", "hold", key="")
INVALIDATING = Fault("INVALIDATE", "hold", key=".*")


@pytest.mark.parametrize("moment", [LISTING, UPLOADING, PAGE, MANIFEST, INVALIDATING])
def test_ctrl_c_is_safe_at_any_moment(old: World, proxy: FaultyCloud, moment: Fault) -> None:
    """And the rerun need not wait for the lease."""
    fault = Fault(moment.kind, moment.how, moment.key, moment.after)
    with held_process(old, proxy, fault) as process:
        process.popen.send_signal(signal.SIGINT)
        proxy.released.set()
        output, _ = process.popen.communicate(timeout=30)
    assert b"KeyboardInterrupt" in output
    assert old.whole() in ("one", "two")
    assert old.whole("page1.html") in ("one", "two")
    again = old.deployer().deploy()
    assert again.outcome in (Outcome.SUCCEEDED, Outcome.UNCHANGED)
    assert old.whole() == old.whole("page1.html") == "two"
    assert (old.pointer["state"], old.pointer["pending"]) == ("live", [])


@pytest.mark.parametrize("moment", [PAGE, MANIFEST, SWITCH])
def test_after_kill_9_the_next_run_takes_over_when_the_lease_has_ended(
    old: World, proxy: FaultyCloud, moment: Fault
) -> None:
    fault = Fault(moment.kind, moment.how, moment.key, moment.after)
    with held_process(old, proxy, fault, lease=SHORT) as process:
        process.popen.kill()
        process.popen.wait()
        killed = time.monotonic()
        with pytest.raises(LockedError) as caught:
            old.deployer().deploy()
        assert caught.value.exit_code == 7
        assert old.whole() in ("one", "two")
    published = take_over(old)
    assert time.monotonic() - killed < LEASE / 2  # without SHORT it is two thirds, or more
    assert published.outcome is Outcome.SUCCEEDED
    assert old.whole() == old.whole("page1.html") == "two"
    assert (old.pointer["state"], old.pointer["pending"]) == ("live", [])
    releases = old.s3.list_objects_v2(Bucket=old.bucket, Prefix=".shipway/releases/")
    assert releases["KeyCount"] == 2  # the old one, and the one that took over


def take_over(world: World) -> Published:
    """Deploy as soon as no other run holds the site."""

    def attempt() -> Published | None:
        try:
            return world.deployer().deploy()
        except LockedError:
            return None

    published = eventually(attempt)
    assert published
    return published


def test_a_plan_that_another_deploy_overtook_is_superseded(world: World) -> None:
    world.release("one")
    world.deployer().deploy()
    world.release("two")
    slow = world.deployer()
    plan = slow.survey()
    uploaded = slow.upload(plan)
    world.release("three")
    fast = world.deployer().deploy()

    published = slow.publish(plan, uploaded)
    assert published.outcome is Outcome.SUPERSEDED
    assert published.release is None
    assert world.whole() == world.whole("page1.html") == "three"
    assert fast.release
    assert world.pointer["release"] == fast.release.id


def test_a_deploy_during_another_ones_publishing_is_locked_out(
    old: World, proxy: FaultyCloud
) -> None:
    proxy.faults = [Fault("PUT", "hold", key=PAGES)]
    results: list[Published] = []
    slow = threading.Thread(target=lambda: results.append(old.deployer(proxy.endpoint).deploy()))
    slow.start()
    assert proxy.held.wait(30)
    try:
        with pytest.raises(LockedError) as caught:
            old.deployer().deploy()
        assert "tester" in caught.value.message
    finally:
        proxy.released.set()
        slow.join(60)
    assert [result.outcome for result in results] == [Outcome.SUCCEEDED]
    assert old.whole() == "two"


def test_a_run_that_lost_the_site_writes_no_more(old: World, proxy: FaultyCloud) -> None:
    """It hung for longer than its lease, could not renew it, and another run published."""
    own = Fault("PUT", "503", key=r"\.shipway/live\.json", after=1, times=ALWAYS)
    proxy.faults = [Fault("PUT", "hold", key="config.json"), own]
    results: list[Published] = []
    slow = old.deployer(proxy.endpoint, lease=SHORT, pause=0.05)
    plan = slow.survey()
    thread = threading.Thread(target=lambda: results.append(slow.publish(plan, slow.upload(plan))))
    thread.start()
    assert proxy.held.wait(30)
    try:
        old.release("three")
        assert take_over(old).outcome is Outcome.SUCCEEDED
    finally:
        proxy.released.set()
        thread.join(60)
    assert [result.outcome for result in results] == [Outcome.SUPERSEDED]
    assert old.whole() == old.whole("page1.html") == "three"


def test_a_long_publish_keeps_its_lease(old: World, proxy: FaultyCloud) -> None:
    proxy.faults = [Fault("PUT", "hold", key=PAGES)]
    results: list[Published] = []
    slow = old.deployer(proxy.endpoint, lease=SHORT)
    thread = threading.Thread(target=lambda: results.append(slow.deploy()))
    thread.start()
    assert proxy.held.wait(30)
    first = old.pointer["run"]["lease_until"]
    try:
        eventually(lambda: old.pointer["run"]["lease_until"] > first + SHORT)
        with pytest.raises(LockedError):
            old.deployer().deploy()
    finally:
        proxy.released.set()
        thread.join(60)
    assert [result.outcome for result in results] == [Outcome.SUCCEEDED]


def test_many_deploys_at_once_leave_one_whole_release(world: World) -> None:
    world.release("one")
    world.deployer().deploy()
    barrier = threading.Barrier(4)
    outcomes: list[str] = []

    def run(number: int) -> None:
        own = World(world.endpoint, world.folder / str(number), world.bucket, world.distribution)
        own.site.output.mkdir(parents=True)
        own.release(f"version {number}")
        deployer = own.deployer()
        barrier.wait(30)
        try:
            outcomes.append(deployer.deploy().outcome.label)
        except LockedError:
            outcomes.append("locked")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 4
    assert outcomes.count("succeeded") >= 1
    assert world.whole() == world.whole("page1.html")
    assert world.body("config.json") == f'{{"version": "{world.whole()}"}}'
