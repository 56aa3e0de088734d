"""Many calls side by side, of items that need not fit into memory."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

WORKERS = 32
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


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _Crew(Generic[Item, Result]):
    """The threads of one `each`; one more is started for each item until there are enough."""

    def __init__(self, function: Callable[[Item], Result], workers: int) -> None:
        self.function, self.workers = function, workers
        self.todo: SimpleQueue[Any] = SimpleQueue()  # (item,), or None: there is nothing more
        self.done: SimpleQueue[Result | _Failed] = SimpleQueue()
        self.ended = threading.Event()
        self.threads: list[threading.Thread] = []

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
        if len(self.threads) < self.workers:
            thread = threading.Thread(target=self._work, name="each", daemon=True)
            self.threads.append(thread)
            thread.start()

    def _take(self) -> Result:
        result = self.done.get()
        if isinstance(result, _Failed):
            raise result.error
        return result

    def _work(self) -> None:
        _here.ended = self.ended
        while (job := self.todo.get()) is not None:
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
