"""Lines that come late, twice and side by side: each once, in the order of time. Pure."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from deploy.service.loglines import Line

# Milliseconds for which a line waits for older ones of other tasks: the log driver sends every five
# seconds, each task in its own beat.
# https://docs.docker.com/engine/logging/drivers/awslogs/#awslogs-force-flush-interval-seconds
HOLD = 6_000
# Seconds before the last look that the next one begins at: what takes longer to be found is looked
# for every FAR_EVERY looks.
NEAR, FAR, FAR_EVERY = 15.0, 120.0, 15


def begin(last: float, looks: int) -> float:
    """Return from when on to look again, `last` being when the last look that succeeded began.

    Seconds since the epoch. `looks` counts them: now and then one reaches further back.
    """
    return last - (NEAR if looks % FAR_EVERY else FAR)


class Seen:
    """The ids of the lines that were seen, as long as a look can find them again."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._at)

    def fresh(self, line: Line) -> bool:
        """Note a line; return whether it was new."""
        known = line.id in self._at
        self._at[line.id] = line.at
        return not known

    def forget(self, before: int) -> None:
        """Forget the lines older than this, in milliseconds since the epoch."""
        self._at = {name: at for name, at in self._at.items() if at >= before}


class Reorder:
    """A window of `hold` milliseconds in which lines are put into the order of their times.

    Lines of one time keep the order in which they came. One that comes later than the window is
    long follows at once: it is out of its order, but not lost.
    """

    def __init__(self, hold: int = HOLD) -> None:
        self.hold = hold
        self._waiting: list[tuple[int, int, Line]] = []
        self._count = 0

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._count += 1
            heappush(self._waiting, (line.at, self._count, line))

    def ready(self, now: float) -> Iterator[Line]:
        """Yield the lines whose time has come at `now` (seconds), oldest first.

        One that was not asked for stays.
        """
        return self._until(int(now * 1000) - self.hold)

    def rest(self) -> Iterator[Line]:
        """Yield all that still wait."""
        return self._until(None)

    def _until(self, last: int | None) -> Iterator[Line]:
        while self._waiting and (last is None or self._waiting[0][0] <= last):
            yield heappop(self._waiting)[2]
