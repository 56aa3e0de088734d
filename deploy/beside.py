"""Work side by side, in threads: the first failure ends the rest, and the tools that it runs."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event as Flag
from typing import TypeVar

from deploy import process
from deploy.errors import Interrupted
from deploy.events import Emit, Event

T = TypeVar("T")


class Stoppable:
    """An `emit` for work beside the main thread: once that has failed, or Ctrl-C came, the next
    event ends the work. Its tools are ended at once.
    """

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.stopped = Flag()

    def __call__(self, event: Event) -> None:
        if self.stopped.is_set():
            raise Interrupted("the other half failed")
        self.emit(event)

    def stop(self) -> None:
        self.stopped.set()
        process.end_running()

    @contextmanager
    def run(self, work: Callable[[], T]) -> Iterator[Future[T]]:
        """Run `work` beside the block. The block's failure stops it, never the other way round."""
        with ThreadPoolExecutor(1, thread_name_prefix="beside") as thread:
            try:
                done = thread.submit(work)
                yield done
                wait([done])
            except BaseException:
                self.stop()
                raise


def side_by_side(
    works: Sequence[Callable[[Emit], T]], emit: Emit, *, at_once: int
) -> tuple[T, ...]:
    """Return what `works` return, at most `at_once` of them running at a time.

    The first failure stops the others and is raised. One alone runs in this thread.
    """
    if len(works) == 1:
        return (works[0](emit),)
    beside = Stoppable(emit)
    with ThreadPoolExecutor(at_once, thread_name_prefix="beside") as threads:
        futures = [threads.submit(work, beside) for work in works]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = [each for each in futures if each in done and each.exception()]
            return tuple(each.result() for each in failed or futures)
        except BaseException:
            for each in futures:
                each.cancel()
            beside.stop()
            raise
