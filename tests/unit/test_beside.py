"""Work side by side: how much at a time, and that the first failure ends the rest."""

import threading

import pytest

from deploy.beside import side_by_side
from deploy.errors import BuildError, Interrupted
from deploy.events import Emit, Note


def test_results_come_in_order_and_at_most_so_many_run_at_a_time() -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait(10)
        with lock:
            running -= 1
        return number

    works = [lambda _, number=number: work(number) for number in range(6)]
    assert side_by_side(works, lambda _: None, at_once=2) == (0, 1, 2, 3, 4, 5)
    assert most == 2


def test_the_first_failure_stops_the_others_and_is_the_one_that_is_told() -> None:
    failed, stopped = threading.Event(), threading.Event()

    def fails(_: Emit) -> None:
        failed.set()
        raise BuildError("no such base image")

    def goes_on(emit: Emit) -> None:
        assert failed.wait(10)
        try:
            while True:
                emit(Note("a layer"))
        except Interrupted:
            stopped.set()
            raise

    with pytest.raises(BuildError, match="no such base image"):
        side_by_side([goes_on, fails, goes_on], lambda _: None, at_once=2)
    assert stopped.is_set()


def test_one_alone_runs_in_this_thread() -> None:
    def work(_: Emit) -> int:
        return threading.get_ident()

    assert side_by_side([work], lambda _: None, at_once=2) == (threading.get_ident(),)


def test_nothing_to_do_is_no_failure() -> None:
    assert side_by_side([], lambda _: None, at_once=2) == ()
