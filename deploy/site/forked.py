"""Make items in a child process, which has a core and an interpreter lock of its own."""

import os
import pickle
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from types import FrameType
from typing import IO, NoReturn, TypeVar

from deploy.errors import ShipwayError, ToolError

BATCH = 250  # items that are sent at a time
BEHIND = 5  # niceness: where cores are few, the parent goes first, which others wait for
THREADS = "/proc/self/task"  # https://man7.org/linux/man-pages/man5/proc_pid_task.5.html
STOPPING = (signal.SIGINT, signal.SIGTERM)

Item = TypeVar("Item")
Signals = set[int | signal.Signals]  # as signal.pthread_sigmask has them
Make = Callable[[], Generator[Item, None, None]]


@contextmanager
def forked(make: Make[Item]) -> Iterator[Iterator[Item]]:
    """Yield the items of `make()`, made in a child process from now on, some ahead of the caller.

    What `make` raises is raised here in its place, and ToolError if the child was killed. When the
    block ends, so does the child, wherever it is. A fork is safe only where there is one thread:
    beside others, and where nobody can tell (macOS), the items are made here, one by one.
    """
    if not is_alone():
        with closing(make()) as items:
            yield items
        return
    read, write = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    child = os.fork()
    if not child:
        os.close(read)  # or the child would not notice that nobody reads any more
        _be_child(make, write, before)
    os.close(write)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with open(read, "rb") as pipe:  # noqa: PTH123 - a descriptor
            yield _received(pipe)
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def is_alone() -> bool:
    """Whether this process has one thread, by the kernel's count: libraries have threads too."""
    try:
        return len(os.listdir(THREADS)) == 1  # noqa: PTH208 - Path.iterdir takes longer
    except OSError:
        return False


def _be_child(make: Make[Item], to: int, before: Signals) -> NoReturn:
    """Send the items, and end: nothing of what the parent has begun may be ended here as well."""
    try:
        os.nice(BEHIND)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
        signal.signal(signal.SIGTERM, _stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with open(to, "wb") as pipe:
            _send(make, pipe)
    finally:
        os._exit(0)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """Let `make` clear up, once."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _send(make: Make[Item], pipe: IO[bytes]) -> None:
    """Send lists of items, and last what ended them: None, or an error."""
    end: Exception | None = None
    try:
        with closing(make()) as items:
            try:
                while some := list(islice(items, BATCH)):
                    pickle.dump(some, pipe, pickle.HIGHEST_PROTOCOL)
                    pipe.flush()
            except BrokenPipeError:  # nobody reads any more: `make` clears up, undisturbed
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                return
    except Exception as error:  # noqa: BLE001 - the parent raises it
        end = error if isinstance(error, ShipwayError) else _with_traceback(error)
    pickle.dump(end, pipe)


def _with_traceback(error: Exception) -> Exception:
    """A traceback does not pass through a pipe: its text does."""
    import traceback

    error.add_note("".join(traceback.format_exception(error)))
    return error


def _received(pipe: IO[bytes]) -> Iterator[Item]:
    while True:
        try:
            some = pickle.load(pipe)  # noqa: S301 - from this very program
        except (EOFError, pickle.UnpicklingError):
            raise ToolError(
                "the process that reads the build was killed",
                remedy="run the same command again, with more memory if that was short",
            ) from None
        if some is None:
            return
        if isinstance(some, Exception):
            raise some
        yield from some
