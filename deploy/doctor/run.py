"""Runs checks side by side, each with a time limit: a network that is dead hangs none of them."""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from deploy.doctor import tree
from deploy.doctor.check import Check, Finding, Known, ng, skip
from deploy.errors import ShipwayError

LIMIT_SECONDS = 5.0
AT_ONCE = 10  # as many connections as a client of boto3 keeps
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})

Report = Callable[[Check, Finding], None]
Explain = Callable[[Exception], ShipwayError | None]


class Run:
    """Checks that are being looked at. `clock` gives seconds, `explain` knows errors of AWS's."""

    def __init__(
        self,
        checks: Sequence[Check],
        report: Report,
        *,
        clock: Callable[[], float],
        explain: Explain,
        limit: float = LIMIT_SECONDS,
    ) -> None:
        self.checks, self.report, self.clock = checks, report, clock
        self.explain, self.limit = explain, limit
        self.findings: dict[str, Finding] = {}
        self._ends: dict[str, float] = {}  # when the time of those that run is over
        self._done: SimpleQueue[tuple[str, Finding]] = SimpleQueue()
        self._told = 0

    def go(self, findings: tree.Findings | None = None) -> dict[str, Finding]:
        """Look at everything and report it in order; `findings` are those of an earlier run.

        Returns all findings by key.
        """
        self.findings |= findings or {}
        begun: set[str] = set()
        while True:
            self.findings |= tree.blocked(self.checks, self.findings)
            for check in tree.ready(self.checks, self.findings, begun)[: self._free]:
                begun.add(check.key)
                self._begin(check)
            self._tell()
            if not self._ends:
                return self.findings
            self._wait()

    @property
    def _free(self) -> int:
        return AT_ONCE - len(self._ends)

    def _begin(self, check: Check) -> None:
        self._ends[check.key] = self.clock() + self.limit
        known = tree.known_to(check, self.findings)

        def look() -> None:
            self._done.put((check.key, self._finding(check, known)))

        # A daemon, because nothing can end a thread that waits for a dead network.
        threading.Thread(target=look, name=check.key, daemon=True).start()

    def _finding(self, check: Check, known: Known) -> Finding:
        try:
            return check.look(known)
        except Exception as error:  # noqa: BLE001 - one that breaks must not hide the others
            return self._failed(error)

    def _failed(self, error: Exception) -> Finding:
        if isinstance(error, ShipwayError):
            return ng(error.message, error.remedy)
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if code in DENIED:
            operation = getattr(error, "operation_name", "it")
            return skip(f"these credentials may not look: {operation} is refused")
        if known := self.explain(error):
            return ng(known.message, known.remedy)
        return ng(f"the check itself broke: {type(error).__name__}: {error}", "report it as a bug")

    def _wait(self) -> None:
        """Wait for one that ends, or for the first whose time is over."""
        first = min(self._ends, key=self._ends.__getitem__)
        try:
            left = max(0.0, self._ends[first] - self.clock())
            key, finding = self._done.get(timeout=left)
        except Empty:
            key, finding = first, ng(f"no answer within {self.limit:g} s", "check the network")
        if self._ends.pop(key, None) is not None:  # else it answers after its time
            self.findings[key] = finding

    def _tell(self) -> None:
        for check in tree.told(self.checks, self.findings, self._told):
            self.report(check, self.findings[check.key])
            self._told += 1
