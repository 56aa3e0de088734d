"""One command of a person's: opens the console, runs the action, says how it ended.

This is the only place that turns an error into its message and its exit code.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.config.load import load
from deploy.config.model import Config
from deploy.console import console
from deploy.errors import ConfigError, Interrupted, ShipwayError
from deploy.events import Emit, Failure, Finished

Action = Callable[[Config, Emit], int]
NOTHING = "nothing to do"


def command(root: Path, environment: str, action: Action, *, as_json: bool = False) -> int:
    """Load the configuration of `environment`, run `action` with it and return the exit code.

    A ShipwayError is shown as one message with its remedy; anything else is a defect of
    Shipway's and keeps its traceback.
    """
    # A run that CI cancels must end as one that a person interrupts: it lets its lock go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with console(as_json=as_json) as emit:
        try:
            return action(load(root, environment), emit)
        except ShipwayError as error:
            emit(Failure(error.message, error.details, error.remedy))
            return error.exit_code
        except Exception as error:
            from deploy.aws import explain

            known = explain(error)
            if known is None:
                raise
            emit(Failure(known.message, known.details, known.remedy))
            return known.exit_code
        except KeyboardInterrupt:
            emit(Failure("interrupted", remedy="run the same command again to go on"))
            return Interrupted.exit_code


def conclude(emit: Emit, finished: Finished) -> int:
    """Tell how a deploy ended and return its exit code."""
    emit(finished)
    return finished.exit_code


def planned(*, changed: bool) -> str:
    """Return the summary of a plan that nobody asked to apply."""
    return "nothing was written" if changed else NOTHING


def seconds(option: str, text: str) -> float:
    """Return the seconds that an option was given. Raises ConfigError if they are none.

    Invoke would end in a traceback for a number that is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value < float("inf"):
        raise ConfigError(f"{option} {text} is no time", remedy=f"give seconds: {option} 600")
    return value


def interactive() -> bool:
    """Return whether a person is there to be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def confirm(config: Config, what: str, *, yes: bool) -> None:
    """Ask before a change to an environment that is not local.

    Raises ConfigError if nobody is there to be asked, Interrupted if the answer is no.
    """
    if not config.environment.confirm or yes or os.environ.get("CI"):
        return
    name = config.environment.name
    if not interactive():
        raise ConfigError(
            f"{what} changes {name}, and nobody is here to be asked",
            remedy="add --yes, or run it from a terminal",
        )
    from rich.prompt import Confirm

    if not Confirm.ask(f"Apply this plan to {name}?", default=False):
        raise Interrupted("nothing was changed", remedy=f"run it again to change {name}")
