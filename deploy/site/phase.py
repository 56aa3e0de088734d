"""A phase of a site's deploy, as events: it starts, and it ends well or not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy.events import Emit, PhaseEnded, PhaseStarted


@contextmanager
def phase(name: str, emit: Emit, clock: Callable[[], float], detail: str = "") -> Iterator[str]:
    """Tell that the phase `name` starts and how it ended. `clock` is in seconds."""
    emit(PhaseStarted(name, detail))
    start, ok = clock(), False
    try:
        yield name
        ok = True
    finally:
        emit(PhaseEnded(name, ok=ok, seconds=clock() - start))
