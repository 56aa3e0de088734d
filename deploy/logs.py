"""What the tasks of an environment write: `invoke logs`. Nothing is written, and no lock is taken.

A terminal gets lines for a person, in colour; a pipe gets what the tasks wrote, as it is.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import random
from typing import TextIO

from deploy.aws import Aws
from deploy.config.model import Config
from deploy.environment import find_service, read_target, service_place
from deploy.errors import ConfigError, PreflightError
from deploy.interrupt import write_line
from deploy.selection import listed
from deploy.service import loglines
from deploy.service.loglines import Line, Palette, rendered
from deploy.service.reorder import HOLD
from deploy.service.tail import Tail
from deploy.target import Target

Show = Callable[[Line], None]

MINUTES, LINES = "10m", 50  # what is shown when nothing is asked for
LOCAL_HOLD = 2_000  # milliseconds: the local cloud's log driver sends twice a second


@dataclass(frozen=True)
class LogOptions:
    """What `invoke logs` was asked for; `services` are their names, none for all.

    `lines` is how many of the last lines are shown, None for all since then.
    """

    services: tuple[str, ...] = ()
    since: str = MINUTES
    lines: int | None = LINES
    text: str = ""
    follow: bool = False
    as_json: bool = False


def options(
    service: str, since: str, lines: str, text: str, *, follow: bool, as_json: bool
) -> LogOptions:
    """Return what the options mean; "" is one that was not given.

    All lines since a given moment are shown, else the last 50 of 10 minutes. Raises ConfigError for
    a number of lines that is none.
    """
    if lines and not (lines.isascii() and lines.isdecimal()):
        raise ConfigError(f"--lines {lines} is no number", remedy="such as --lines 200")
    count = int(lines) if lines else (None if since else LINES)
    return LogOptions(
        listed(service), since or MINUTES, count, text, follow=follow, as_json=as_json
    )


def logs(
    config: Config,
    options: LogOptions,
    *,
    stream: TextIO | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Show the lines of all tasks of the services in the order of time; return 0.

    With `follow` those that come too, until Ctrl-C. Raises ConfigError for a service or a time that
    is none, PreflightError if the environment or a log group can't be found.
    """
    for name in options.services:
        find_service(config, name)
    aws = Aws(config)
    aws.check_account()
    now = aws.http.server_time
    begin = loglines.since(options.since, now())
    tail = Tail(aws.client("logs"), groups(read_target(aws), options), now, sleep, random, told)
    stream = stream or sys.stdout
    show = shown(stream, as_json=options.as_json, at_once=options.follow)
    try:
        _show(tail, show, begin, options, local=bool(config.environment.endpoint))
        stream.flush()
    except BrokenPipeError:
        _nobody_reads(stream)
    return 0


def _show(tail: Tail, show: Show, begin: float, options: LogOptions, *, local: bool) -> None:
    lines, text = options.lines, options.text
    if options.follow:
        hold = LOCAL_HOLD if local else HOLD
        tail.follow(show, begin, lines=lines, text=text, hold=hold)
        return
    for line in tail.last(begin, lines=lines, text=text):
        show(line)


def groups(target: Target, options: LogOptions) -> dict[str, str]:
    """Return the log groups of the services by their names: of all if none is asked for."""
    names = options.services or tuple(target.services)
    if not names:
        raise PreflightError(
            f"environment {target.environment} has no service",
            remedy="describe one in deploy.toml, then run `invoke infra.apply`",
        )
    return {name: service_place(target, name).log_group for name in names}


def told(error: Exception) -> None:
    """Tell that AWS can't be read for the moment, where it is not taken for a line of a log."""
    sys.stderr.write(f"! {error}; trying again\n")


def shown(stream: TextIO, *, as_json: bool, at_once: bool) -> Show:
    """Return what shows a line on `stream` in the way that suits it."""
    if as_json:
        return lambda line: write_line(loglines.as_json(line), stream, flush=at_once)
    if stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb":
        return _for_a_person(stream)
    return lambda line: write_line(line.message, stream, flush=at_once)


def _for_a_person(stream: TextIO) -> Show:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    palette = Palette()

    def show(line: Line) -> None:
        text = Text.assemble(*rendered(line, palette.of(line.task)))
        console.print(text, soft_wrap=True)

    return show


def _nobody_reads(stream: TextIO) -> None:
    """What `| head` closed is not written to again, also not when Python flushes at its end.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
