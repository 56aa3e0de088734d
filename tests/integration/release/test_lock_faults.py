"""The lock over a network that loses requests and replies."""

import time

import pytest

from deploy.errors import LockedError, LockLostError, ShipwayError, ToolError
from deploy.objects import Objects
from deploy.release.hold import read, swap
from deploy.release.lock import KEY, Lock, free
from tests.integration.local_cloud import Cloud
from tests.integration.release.contender import contend, http_at
from tests.integration.site.faulty_cloud import Fault, FaultyCloud, How

LOST: list[How] = ["unanswered", "reset", "500"]
ALWAYS = 1000
SHORT = 1.0  # seconds of a lease
WHOLE = 2.0  # seconds by which two readings of a clock of whole seconds may differ
LONGER = 9.0  # one that holds for a write at least: the server tells its time in whole seconds


@pytest.fixture
def objects(cloud: Cloud, records: str) -> Objects:
    return Objects(http_at(cloud.endpoint), records)


def refused(cloud: Cloud, records: str) -> bool:
    try:
        with contend(http_at(cloud.endpoint), records, "ben"):
            return False
    except LockedError:
        return True


def write_on(objects: Objects) -> None:
    """Write until that is refused."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        objects.write("page", b"", "text/plain")


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("times", [1, 2])
def test_a_claim_whose_reply_is_lost_is_one_claim(
    cloud: Cloud, proxy: FaultyCloud, records: str, how: How, times: int
) -> None:
    proxy.faults = [Fault("PUT", how, key=KEY, times=times)]
    with contend(http_at(proxy.endpoint), records, "ada") as hold:
        assert hold.token == 1
        assert refused(cloud, records)
    assert not refused(cloud, records)


@pytest.mark.parametrize("how", LOST)
def test_a_renewal_whose_reply_is_lost_keeps_the_lock(
    cloud: Cloud, proxy: FaultyCloud, records: str, how: How
) -> None:
    with contend(http_at(proxy.endpoint), records, "ada") as hold:
        for _ in range(3):
            proxy.faults = [Fault("PUT", how, key=KEY)]
            hold._asked = (0.0, 0.0)  # as if it was renewed long ago
            hold.check()
            assert refused(cloud, records)
    assert not refused(cloud, records)


@pytest.mark.parametrize("how", LOST)
def test_a_release_whose_reply_is_lost_frees_the_lock(
    cloud: Cloud, proxy: FaultyCloud, records: str, objects: Objects, how: How
) -> None:
    with contend(http_at(proxy.endpoint), records, "ada"):
        proxy.faults = [Fault("PUT", how, key=KEY)]
    assert read(objects) == Lock(1)
    assert not refused(cloud, records)


def test_a_claim_that_was_done_but_never_answered_is_taken_back(
    cloud: Cloud, proxy: FaultyCloud, records: str, objects: Objects
) -> None:
    """No reply comes, not even to the release: what is asked is done all the same."""
    http = http_at(proxy.endpoint)
    proxy.faults = [Fault("PUT", "unanswered", key=KEY, times=ALWAYS)]
    with pytest.raises(ShipwayError, match="cannot be reached"), contend(http, records, "ada"):
        pass
    assert read(objects) == Lock(1)
    assert not refused(cloud, records)


def test_a_claim_that_was_overtaken_while_its_reply_was_lost_is_refused(
    cloud: Cloud, proxy: FaultyCloud, records: str, objects: Objects
) -> None:
    """It was done and its reply lost; somebody released the lock by force, and took it."""
    other = contend(http_at(cloud.endpoint), records, "ben")

    def overtake(_seconds: float) -> None:
        if read(objects).token == 1:
            swap(objects, free)
            other.__enter__()

    proxy.faults = [Fault("PUT", "unanswered", key=KEY, times=2)]
    late = contend(http_at(proxy.endpoint, sleep=overtake), records, "ada")
    with pytest.raises(LockedError, match="ben@here"), late:
        pass
    assert read(objects).token == 2
    other.__exit__(None, None, None)
    assert read(objects) == Lock(2)


def test_who_cannot_reach_the_lock_writes_nothing(
    proxy: FaultyCloud, records: str, objects: Objects
) -> None:
    http = http_at(proxy.endpoint)
    with contend(http, records, "ada", lease=LONGER) as hold:
        proxy.faults = [Fault("PUT", "503", key=KEY, times=ALWAYS)]
        fenced = Objects(http.fenced(hold.check), records)
        with pytest.raises(ToolError, match="SlowDown"):
            write_on(fenced)
        time.sleep(WHOLE)  # by the server's next second the lease is short, whatever it told before
        with pytest.raises(ToolError):
            fenced.write("late", b"", "text/plain")
        proxy.clear()
    assert objects.get("page")
    assert objects.get("late") is None


def test_a_lock_released_by_force_stops_its_run(
    cloud: Cloud, records: str, objects: Objects
) -> None:
    http = http_at(cloud.endpoint)
    with contend(http, records, "ada", lease=SHORT) as hold:
        swap(objects, free)
        with pytest.raises(LockLostError):
            write_on(Objects(http.fenced(hold.check), records))
        assert not refused(cloud, records)
