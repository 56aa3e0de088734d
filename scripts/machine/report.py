"""One line for each thing that was found or done."""

import sys
from collections.abc import Callable

from deploy.errors import ShipwayError

WIDTH = 14


def line(subject: str, text: str) -> str:
    """Return `text` about `subject` as one line of the report."""
    return f"{subject:<{WIDTH}} {text}"


def begin(work: str) -> None:
    """Say what is being done, for work that takes long enough to wonder."""
    say("", f"{work} ...")


def say(subject: str, text: str) -> None:
    sys.stdout.write(line(subject, text) + "\n")
    sys.stdout.flush()  # what follows may write to the same pipe itself


def attempt(subject: str, prepare: Callable[[], str]) -> int:
    """Report what `prepare` says about `subject`, or its failure; return the exit code."""
    try:
        say(subject, prepare())
    except ShipwayError as error:
        return complain(subject, error)
    return 0


def complain(subject: str, error: ShipwayError) -> int:
    say(subject, f"{error.message}: {error.remedy}" if error.remedy else error.message)
    for detail in error.details:
        say("", detail)
    return error.exit_code
