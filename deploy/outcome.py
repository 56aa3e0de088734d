"""How an apply ended, and the exit code that says so."""

from enum import Enum


class Outcome(Enum):
    """The ends of a rollout; `exit_code` is what the process returns."""

    UNCHANGED = ("unchanged", 0)
    SUCCEEDED = ("succeeded", 0)
    FAILED = ("failed", 1)
    ROLLED_BACK = ("rolled back", 4)
    SUPERSEDED = ("superseded", 5)
    TIMED_OUT = ("timed out", 6)
    INTERRUPTED = ("interrupted", 130)
    NOT_STARTED = ("not started", 1)  # one that it waits for has failed

    def __init__(self, label: str, exit_code: int) -> None:
        self.label = label
        self.exit_code = exit_code
