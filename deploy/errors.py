"""What can go wrong, each with its remedy and its exit code.

    ShipwayError            1   failed
    ├── ConfigError         2   bad configuration or usage; nothing was touched
    ├── PreflightError      3   the world is not ready; nothing was written
    ├── BuildError          1   the image could not be built or pushed
    ├── ToolError           1   an external tool failed (terraform, docker)
    ├── LockedError         7   another run holds what this one needs; nothing was written
    ├── LockLostError       5   another run has taken the lock over; nothing was written since
    └── Interrupted       130   Ctrl-C, where nothing was left to ask

How a *rollout* ended is no exception but an `Outcome`: see `deploy.outcome`.
"""

from collections.abc import Sequence
from typing import ClassVar


class ShipwayError(Exception):
    """A failure that a user is told about in one message, without a traceback.

    `message` says what is wrong, `remedy` what to do about it (may be empty), and `details` holds
    further lines such as the last log lines of a container.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = tuple(details)


class ConfigError(ShipwayError):
    exit_code = 2


class PreflightError(ShipwayError):
    exit_code = 3


class BuildError(ShipwayError):
    exit_code = 1


class ToolError(ShipwayError):
    exit_code = 1


class LockedError(ShipwayError):
    exit_code = 7


class LockLostError(ShipwayError):
    exit_code = 5


class Interrupted(ShipwayError):  # noqa: N818 - not an error of anybody's
    exit_code = 130
