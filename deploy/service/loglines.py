"""Lines of log groups: as CloudWatch has them, as a program and as a person reads them. Pure.

A container's JSON lines are known by the usual names of structlog, logging, zap, bunyan and logrus.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deploy.errors import ConfigError

Reply = Mapping[str, Any]
Part = tuple[str, str]  # text, style

SPAN = re.compile(r"(\d+)([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHORT_ID = 8  # characters of a task's id that are shown

TIMES = ("timestamp", "time", "ts", "@timestamp")
LEVELS = ("level", "severity", "levelname", "log_level")
MESSAGES = ("event", "message", "msg")
REQUESTS = ("request_id", "requestId", "correlation_id", "trace_id")
TRACES = ("exception", "traceback", "stack_info", "stack", "exc_info")
STYLES = {
    **dict.fromkeys(("trace", "debug"), "dim"),
    **dict.fromkeys(("info", "notice"), "green"),
    **dict.fromkeys(("warn", "warning"), "yellow"),
    **dict.fromkeys(("error", "critical", "fatal", "exception"), "bold red"),
}
LEVEL_WIDTH = 8
# A service's tasks are told apart by colour; red and green already mean something.
COLOURS = ("cyan", "magenta", "blue", "yellow", "bright_cyan", "bright_magenta", "bright_blue")

# The keys whose values the sample backend hides too; on a screen they are hidden for any.
SECRET = re.compile(
    r"authorization|cookie|passw(or)?d|passphrase|secret|token|credential|api[-_]?key|private[-_]?key",
    re.IGNORECASE,
)
REDACTED = "[REDACTED]"
# What would move the cursor or colour the rest: ECMA-48's sequences, and control characters.
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Line:
    """One event of a log group. `at` is when it was written: milliseconds since the epoch."""

    at: int
    service: str  # its name in deploy.toml
    stream: str  # prefix/container/task
    message: str
    id: str  # of the event, by which it is known again

    @property
    def task(self) -> str:
        return self.stream.rpartition("/")[2]


def line_of(service: str, event: Reply) -> Line:
    """Return an entry of FilterLogEvents' `events`.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
    """
    message = str(event.get("message", "")).rstrip("\r\n")
    stream, at = str(event.get("logStreamName", "")), int(event["timestamp"])
    return Line(at, service, stream, message, str(event["eventId"]))


def since(text: str, now: float) -> float:
    """Return the moment that `10m`, `2h`, `1d` before `now`, or an ISO 8601 time, means.

    Both in seconds since the epoch; a time without a zone is UTC. Raises ConfigError for neither.
    """
    if span := SPAN.fullmatch(text):
        return now - int(span[1]) * UNITS[span[2]]
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"--since {text} is no time",
            remedy="such as --since 10m, --since 2h or --since 2026-01-31T08:00:00Z",
        ) from error


def contains(line: Line, text: str) -> bool:
    """Return whether a line has the text, in capitals or not."""
    return text.casefold() in line.message.casefold()


def as_json(line: Line) -> str:
    """Return the line as one JSON object: time (ISO 8601, UTC), service, task, message."""
    time = _moment(line).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"time": time, "service": line.service, "task": line.task, "message": line.message}
    return json.dumps(told)


def _moment(line: Line) -> datetime:
    return datetime.fromtimestamp(line.at / 1000, UTC)


class Palette:
    """Gives each task its colour in the order of their coming, and all again from the first."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def of(self, task: str) -> str:
        return self._given.setdefault(task, COLOURS[len(self._given) % len(COLOURS)])


def rendered(line: Line, colour: str) -> list[Part]:
    """Return a line for a person: whose, when, and what, its further lines indented."""
    whose = f"{line.service}/{line.task[:SHORT_ID]}"
    time = f"{_moment(line):%H:%M:%S.%f}"[:-3]
    parts = [(f"{whose} ", colour), (f"{time} ", "dim"), *_said(line.message)]
    return [(printable(text), style) for text, style in parts if text]


def plain(message: str) -> tuple[str, ...]:
    """Return what a container wrote as lines for a person, without colours and whose they are."""
    text = "".join(text for text, _ in _said(message))
    return tuple(printable(line).rstrip() for line in text.split("\n"))


def _said(message: str) -> list[Part]:
    entry = structured(message)
    if entry is None:
        return [(message, "")]
    told = dict(entry)
    _taken(told, TIMES)
    level = str(_taken(told, LEVELS) or "")
    style = STYLES.get(level.lower(), "")
    event, request = _taken(told, MESSAGES), _taken(told, REQUESTS)
    traces = [str(told.pop(key)) for key in TRACES if isinstance(told.get(key), str)]
    return [
        (f"{level.upper():<{LEVEL_WIDTH}} " if level else "", style),
        (event if isinstance(event, str) else _value(event), style if "red" in style else ""),
        (f"  {request}" if request else "", "cyan"),
        ("".join(f"  {key}={_value(value)}" for key, value in hidden(told).items()), "dim"),
        *((f"\n{_indented(trace)}", "dim") for trace in traces if trace.strip()),
    ]


def structured(message: str) -> dict[str, Any] | None:
    """Return the object that a line of JSON holds, None if the line is no such."""
    if not message.startswith("{"):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def _taken(entry: dict[str, Any], names: Iterable[str]) -> Any:
    """Take the first of these keys that the entry has out of it, and return its value."""
    found = next((name for name in names if name in entry), None)
    return entry.pop(found) if found else None


def hidden(entry: Reply) -> dict[str, Any]:
    """Return an entry without the values of keys that sound like secrets, however deep."""
    return {key: REDACTED if SECRET.search(key) else _inside(value) for key, value in entry.items()}


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return hidden(value)
    return [_inside(each) for each in value] if isinstance(value, list) else value


def _value(value: Any) -> str:
    """A word stands as it is; what has spaces or structure, as JSON."""
    if value is None:
        return ""
    if isinstance(value, str) and re.fullmatch(r"[^\s\"=]+", value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines())


def printable(text: str) -> str:
    """Return text that can't move a terminal's cursor: sequences go, control characters show."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", SEQUENCE.sub("", text))


def only(lines: Iterable[Line], text: str) -> Iterator[Line]:
    """Yield the lines that have the text; all of them for ""."""
    return (line for line in lines if contains(line, text))
