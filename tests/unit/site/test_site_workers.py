"""Calls side by side: bounded, stopped by the first error, and no thread is left."""

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from deploy.site import workers
from deploy.site.workers import AHEAD, FEW, WORKERS, StoppedError, begun, each, pause


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "each"]


def test_every_result_comes_once() -> None:
    assert sorted(each(lambda n: n * 2, range(500), workers=8)) == [n * 2 for n in range(500)]


def test_nothing_to_do_starts_no_thread() -> None:
    assert list(each(str, [])) == []


def test_calls_are_made_side_by_side() -> None:
    together = threading.Barrier(4, timeout=10)
    assert len(list(each(lambda _: together.wait(), range(4), workers=4))) == 4


def most_at_once(calls: int) -> int:
    """Return how many calls that wait for a network were made side by side."""
    lock, now, most = threading.Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    list(each(call, range(calls)))
    return most


def test_calls_that_wait_get_more_threads() -> None:
    assert FEW < most_at_once(2 * WORKERS) <= WORKERS


def test_calls_that_keep_a_core_busy_get_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BUSY", 0.0)  # as if they did
    assert most_at_once(2 * WORKERS) <= FEW


@pytest.mark.skipif(sys.platform != "linux", reason="no other system binds a thread to a core")
def test_workers_share_one_core_but_not_what_a_call_starts_first() -> None:
    before = os.sched_getaffinity(0)
    started: dict[int, set[int]] = {}

    def call(_: int) -> tuple[int, frozenset[int]]:
        worker = threading.get_ident()
        if worker not in started:  # as a library does with its threads
            thread = threading.Thread(target=lambda: started.update({worker: cores()}))
            thread.start()
            thread.join()
            return worker, frozenset()
        return worker, frozenset(cores())

    def cores() -> set[int]:
        return os.sched_getaffinity(0)

    later = {own for _, own in each(call, range(200), workers=4) if own}
    assert len(later) == 1
    assert len(later.pop()) == 1
    assert all(own == before for own in started.values())
    assert os.sched_getaffinity(0) == before


def test_items_are_read_only_a_little_ahead() -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        while read < 1000:
            read += 1
            yield read

    results = each(lambda n: n, items(), workers=4)
    next(results)
    assert read <= 4 * AHEAD
    results.close()  # type: ignore[attr-defined]


def test_a_result_is_there_before_the_next_item_is() -> None:
    """Or a slow scan would hide what was already uploaded."""
    seen: list[int] = []
    finished = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert finished.wait(10)
        yield 2
        yield 3

    def call(number: int) -> int:
        if number == 1:
            finished.set()
        return number

    seen.extend(each(call, items(), workers=1))
    assert seen == [1, 2, 3]


def test_the_first_error_ends_it() -> None:
    called: list[int] = []

    def call(number: int) -> None:
        called.append(number)
        if number == 5:
            raise ValueError("the fifth")

    with pytest.raises(ValueError, match="the fifth"):
        list(each(call, range(1000), workers=2))
    assert len(called) < 5 + 2 * AHEAD + 2


def test_an_error_of_the_items_ends_it_too() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        list(each(str, items()))


def test_ctrl_c_ends_the_pauses_of_the_calls_under_way() -> None:
    pausing = threading.Event()

    def call(number: int) -> None:
        pausing.set()
        pause(60)

    def items() -> Iterator[int]:
        yield 1
        assert pausing.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(each(call, items()))


def test_ctrl_c_does_not_wait_for_a_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.site.workers.PATIENCE", 0.05)
    hangs, begun = threading.Event(), threading.Event()

    def call(number: int) -> None:
        begun.set()
        hangs.wait(60)

    def items() -> Iterator[int]:
        yield 1
        assert begun.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(each(call, items()))
    left = [thread for thread in threading.enumerate() if thread.name == "each"]
    assert all(thread.daemon for thread in left)
    hangs.set()
    for thread in left:
        thread.join(10)


def test_outside_of_a_worker_a_pause_is_a_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    pause(1.5)
    assert slept == [1.5]


def test_a_pause_of_a_worker_that_goes_on_is_a_pause() -> None:
    def call(number: int) -> int:
        pause(0.001)
        return number

    assert list(each(call, [1])) == [1]


def test_a_stopped_pause_is_no_result() -> None:
    """What is raised in a call under way is not what the caller is told."""
    paused = threading.Event()

    def call(number: int) -> None:
        if number == 1:
            paused.set()
            with pytest.raises(StoppedError):
                pause(60)
            raise StoppedError
        assert paused.wait(10)
        raise ValueError("the cause")

    with pytest.raises(ValueError, match="the cause"):
        list(each(call, [1, 2], workers=2))


def test_what_has_begun_goes_on_without_being_waited_for() -> None:
    called = threading.Event()

    def call() -> str:
        called.set()
        return "done"

    result = begun(call)
    assert called.wait(10)
    assert result() == "done"


def test_what_has_begun_raises_its_error_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise OSError("broken")

    result = begun(fail)
    with pytest.raises(OSError, match="broken"):
        result()
