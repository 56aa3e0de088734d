"""Many calls side by side, of items that need not fit into memory."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar

# Where calls wait for a network many are needed: with 25 ms before each reply, as S3 has, a first
# upload took 4.5 s with 64, 6.3 s with 32, and more again with 128. Where they don't, few do more:
# threads beyond those only pass Python's lock to each other (docs/speed.md).
WORKERS, FEW = 64, 16
BUSY = 0.7  # of a core; who takes less waits
AHEAD = 2  # items that wait for each worker, so that none waits for the reader
# After Ctrl-C nobody waits longer than this for a server that does not answer.
PATIENCE = 3.0  # seconds

Item = TypeVar("Item")
Result = TypeVar("Result")
_here = threading.local()


class StoppedError(Exception):
    """Raised by `pause` in a worker whose results nobody waits for any more."""


def pause(seconds: float) -> None:
    """Sleep. In a worker of `each` that is to end, raise StoppedError at once instead."""
    ended: threading.Event | None = getattr(_here, "ended", None)
    if ended is None:
        time.sleep(seconds)
    elif ended.wait(seconds):
        raise StoppedError


def each(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int = WORKERS
) -> Iterator[Result]:
    """Yield `function(item)` of each item, in the order in which the calls end.

    `items` is read by the caller's thread, a few more of them than `workers` (threads) ahead of
    the results. The first error of a call, or of `items`, ends it: calls under way are awaited, no
    further one begins, and then that error is raised. It is the same on Ctrl-C and when the caller
    stops iterating. No thread is left behind, unless a server then hangs for longer than PATIENCE:
    such a thread does not keep the process alive.
    """
    crew = _Crew(function, workers)
    patience: float | None = None
    try:
        yield from crew.results(iter(items))
    except (KeyboardInterrupt, GeneratorExit):
        patience = PATIENCE
        raise
    finally:
        crew.end(patience)


def begun(function: Callable[[], Result]) -> Callable[[], Result]:
    """Call `function` in a thread; return what waits for its result, or raises its error.

    Nobody has to wait: the thread does not keep the process alive.
    """
    done: SimpleQueue[Result | _Failed] = SimpleQueue()

    def work() -> None:
        try:
            done.put(function())
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            done.put(_Failed(error))

    threading.Thread(target=work, name="begun", daemon=True).start()
    return lambda: _result(done.get())


def _share_a_core() -> None:
    """Keep this thread on one core, the same for all of this process, where the system can do that.

    Python runs one thread at a time. Wherever it waits, another one goes on, and to wake another
    core for that takes longer than most of what is then done (docs/speed.md).
    """
    if sys.platform == "linux":
        with suppress(OSError):  # then it runs where it did
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


class _Failed(NamedTuple):
    error: BaseException


def _result(got: Result | _Failed) -> Result:
    if isinstance(got, _Failed):
        raise got.error
    return got


class _Crew(Generic[Item, Result]):
    """The threads of one `each`, which are started one by one until there are enough."""

    def __init__(self, function: Callable[[Item], Result], workers: int) -> None:
        self.function, self.workers = function, workers
        self.todo: SimpleQueue[Any] = SimpleQueue()  # (item,), or None: there is nothing more
        self.done: SimpleQueue[Result | _Failed] = SimpleQueue()
        self.ended = threading.Event()
        self.threads: list[threading.Thread] = []
        self.begun, self.cpu = time.monotonic(), time.process_time()

    def results(self, items: Iterator[Item]) -> Iterator[Result]:
        pending = 0
        for item in items:
            self._hand_out(item)
            pending += 1
            while pending >= self.workers * AHEAD or (pending and not self.done.empty()):
                yield self._take()
                pending -= 1
        while pending:
            yield self._take()
            pending -= 1

    def _hand_out(self, item: Item) -> None:
        self.todo.put((item,))
        self._grow()

    def _take(self) -> Result:
        if not self.todo.empty():
            self._grow()
        return _result(self.done.get())

    def _grow(self) -> None:
        count = len(self.threads)
        if count < self.workers and (count < FEW or self._waits()):
            thread = threading.Thread(target=self._work, name="each", daemon=True)
            self.threads.append(thread)
            thread.start()

    def _waits(self) -> bool:
        """Whether the calls have waited most of the time: then more of them at once do more."""
        return time.process_time() - self.cpu < BUSY * (time.monotonic() - self.begun)

    def _work(self) -> None:
        _here.ended = self.ended
        for number, job in enumerate(iter(self.todo.get, None)):
            if number == 1:  # not sooner: threads that a library starts in a call stay where it is
                _share_a_core()
            if self.ended.is_set():
                continue
            try:
                self.done.put(self.function(*job))
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                self.done.put(_Failed(error))

    def end(self, patience: float | None) -> None:
        """Let the threads finish what they are at; wait `patience` seconds at most, None: ever."""
        self.ended.set()
        for _ in self.threads:
            self.todo.put(None)
        deadline = None if patience is None else time.monotonic() + patience
        for thread in self.threads:
            thread.join(None if deadline is None else max(0, deadline - time.monotonic()))
