"""One line for each thing that was found or done."""

import sys

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
