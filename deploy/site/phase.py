"""A phase of a site's deploy, as events: it starts, moves on, and ends well or not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.events import Emit, PhaseEnded, PhaseProgress, PhaseStarted

EVERY = 0.1  # seconds between two reports of files


@dataclass
class Phase:
    """A phase that runs. `summary` is told at its end; `ok` is False if it failed quietly."""

    name: str
    emit: Emit
    clock: Callable[[], float]
    summary: str = ""
    ok: bool = True

    def tell(self, detail: str, done: float = 0, total: float = 0, unit: str = "") -> None:
        self.emit(PhaseProgress(self.name, detail, done, total, unit))


@contextmanager
def phase(name: str, emit: Emit, clock: Callable[[], float], detail: str = "") -> Iterator[Phase]:
    """Tell that the phase `name` starts and how it ended. `clock` is in seconds."""
    emit(PhaseStarted(name, detail))
    running, start, ok = Phase(name, emit, clock), clock(), False
    try:
        yield running
        ok = True
    finally:
        seconds = clock() - start
        emit(PhaseEnded(name, ok=ok and running.ok, seconds=seconds, detail=running.summary))


class FileCount:
    """How many of a phase's files are stored, told a few times a second and at the last one."""

    def __init__(self, running: Phase, files: int, size: int) -> None:
        self.running, self.files, self.size = running, files, size
        self.done = self.bytes = 0
        self.told = running.clock()

    def add(self, size: int) -> None:
        """Count one more file of `size` bytes."""
        self.done += 1
        self.bytes += size
        now = self.running.clock()
        if self.done == self.files or now - self.told >= EVERY:
            self.told = now
            detail = f"{self.done} of {self.files} files"
            self.running.tell(detail, self.bytes, self.size, "bytes")
