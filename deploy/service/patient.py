"""Reads that outlive throttling and an API that is gone for a while."""

from collections.abc import Callable
from typing import TypeVar

from deploy.service.effects import patience

T = TypeVar("T")

LONGEST = 20.0  # seconds between two attempts
Told = Callable[[Exception], None]


def backoff(attempt: int, jitter: float) -> float:
    """Return the seconds before attempt number `attempt` (the first again is 0).

    It doubles from one second on, and `jitter`, from 0 to 1, takes up to half of it away.
    https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    return float(min(LONGEST, 2.0 ** min(attempt, 10))) * (1 - jitter / 2)


def patiently(
    read: Callable[[], T],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    told: Told = lambda _: None,
) -> T:
    """Return what `read` returns, trying again as long as its error is worth it.

    `clock` is in seconds, `told` hears of the first error of a row. Raises the last one.
    """
    since, attempt = clock(), 0
    while True:
        try:
            return read()
        except Exception as error:
            if clock() - since >= patience(error):
                raise
            if not attempt:
                told(error)
            sleep(backoff(attempt, jitter()))
            attempt += 1
