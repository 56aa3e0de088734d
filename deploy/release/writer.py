"""Stores the newest state of one object beside the work: at most one write at a time."""

import threading
from collections.abc import Callable

from deploy.errors import LockLostError, ShipwayError

Store = Callable[[bytes], None]


class ClosedError(ShipwayError):
    """Another run has closed this object: nothing more is to be written."""


class Writer:
    """A thread that gives `store` the newest state whenever there is one it has not stored.

    States that come while a write is under way are passed over but for the last. `failed` is
    called, in that thread, with the error of a write; the next state is tried again, unless the
    error is a ClosedError or a LockLostError.
    """

    def __init__(self, store: Store, failed: Callable[[Exception], None]) -> None:
        self.store, self.failed = store, failed
        self._changed = threading.Condition()
        self._newest = b""
        self._given = self._tried = self._stored = 0  # numbers of states
        self.patient = True  # the last state was stored in time: the next may be waited for
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def give(self, state: bytes) -> None:
        """Have a state stored, some time."""
        with self._changed:
            self._newest = state
            self._given += 1
            self._changed.notify_all()

    def stored(self, timeout: float) -> bool:
        """Wait until what was given so far is stored; False if that failed or takes longer.

        `timeout` in seconds.
        """
        with self._changed:
            wanted = self._given
            self._changed.wait_for(lambda: self._tried >= wanted or self._ended, timeout)
            self.patient = self._stored >= wanted
            return self.patient

    def end(self) -> None:
        """Store nothing more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _work(self) -> None:
        while (state := self._next()) is not None:
            try:
                self.store(state[1])
            except Exception as error:  # noqa: BLE001 - whatever it is, it never ends the deploy
                self._conclude(state[0], stored=False)
                self.failed(error)
                if isinstance(error, ClosedError | LockLostError):
                    self.end()
            else:
                self._conclude(state[0], stored=True)

    def _next(self) -> tuple[int, bytes] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._given > self._tried)
            return None if self._ended else (self._given, self._newest)

    def _conclude(self, number: int, *, stored: bool) -> None:
        with self._changed:
            self._tried = number
            self._stored = number if stored else self._stored
            self.patient = stored
            self._changed.notify_all()
