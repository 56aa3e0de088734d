"""Many calls side by side, of items that need not fit into memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

WORKERS = 32

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int = WORKERS
) -> Iterator[Result]:
    """Yield `function(item)` of each item, in the order in which the calls end.

    `items` is read by the caller's thread, a few more of them than `workers` (threads) ahead of
    the results. The first error of a call, or of `items`, ends it: calls under way are awaited, no
    further one begins, and then that error is raised. It is the same when the caller stops
    iterating (close the iterator) and on Ctrl-C. No thread is left behind.
    """
    raise NotImplementedError
