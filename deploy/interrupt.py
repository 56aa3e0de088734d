"""What Ctrl-C, or the SIGTERM of a cancelled CI run, must not cut in two."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

STOPPING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held() -> Iterator[None]:
    """Let an interrupt wait until the block has ended; a second one does not wait.

    Raises KeyboardInterrupt at the end of a block that was interrupted. In another thread than the
    main one there is nothing to wait: Python handles signals only there.
    https://docs.python.org/3/library/signal.html#signals-and-threads
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def later(number: int, _: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    before = {number: signal.signal(number, later) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def write_line(text: str, stream: TextIO, *, flush: bool = True) -> None:
    """Write a line and its end in one piece.

    print() makes two of it: interrupted in between, and not buffered (PYTHONUNBUFFERED, as in CI),
    it leaves a line without an end, which the next one then stands behind.
    """
    stream.write(f"{text}\n")
    if flush:
        stream.flush()
