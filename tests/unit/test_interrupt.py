"""An interrupt comes between two pieces of work, never into one."""

import os
import signal
from io import StringIO
from threading import Thread

import pytest

from deploy.console import console
from deploy.events import Note
from deploy.interrupt import STOPPING, held


class Pieces(StringIO):
    """A stream that is not buffered: each piece goes out by itself, and is kept here."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


def interrupted(number: signal.Signals, done: list[str], *, times: int) -> None:
    """Interrupt a block that is held so many times; `done` tells what it did behind each."""
    with held():
        for time in range(times):
            os.kill(os.getpid(), number)
            done.append(f"behind {time}")


@pytest.mark.parametrize("number", STOPPING)
def test_an_interrupt_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    before = signal.signal(number, signal.default_int_handler)
    done: list[str] = []
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(number, done, times=1)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    assert done == ["behind 0"]


def test_a_second_interrupt_does_not_wait() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(signal.SIGINT, done, times=2)
    assert done == ["behind 0"]


def test_in_another_thread_there_is_nothing_to_hold() -> None:
    done = []

    def work() -> None:
        with held():
            done.append("all of it")

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["all of it"]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_and_its_end_go_out_in_one_piece(*, as_json: bool) -> None:
    stream = Pieces()
    with console(as_json=as_json, stream=stream) as emit:
        emit(Note("built"))
        emit(Note("pushed"))
    assert len(stream.pieces) == 2
    assert all(piece.endswith("\n") for piece in stream.pieces)
