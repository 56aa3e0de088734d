"""Logs: JSON lines on stdout, ours and every library's through the same renderer.

Each line has `timestamp`, `level`, `logger`, `event`, `version`, and inside a request its
`request_id`. What is bound or logged under a key that sounds like a secret is redacted.
"""

import logging
import re
import sys
from collections.abc import Mapping

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

REDACTED = "[REDACTED]"
SECRET_KEY = re.compile(
    r"authorization|cookie|passw(or)?d|passphrase|secret|token|credential|api[-_]?key|private[-_]?key"
    r"|database[-_]?url|\bdsn\b",
    re.IGNORECASE,
)


def configure_logs(level: str = "info", version: str | None = None) -> BoundLogger:
    """Send everything that is logged from now on to stdout, one JSON object a line.

    `level` is a name of the logging module, in small letters; `version` is what each line says
    runs here (the source tag). Returns the application's logger. Calling it again replaces what
    was configured before.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        say_version(version),
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(json_lines(shared))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    logger: BoundLogger = structlog.get_logger("app")
    return logger


def json_lines(shared: list[Processor]) -> logging.Formatter:
    """The one renderer. Redaction comes after everything that could add a key."""
    return ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            drop_colours,
            redact,
            structlog.processors.JSONRenderer(),
        ],
    )


def say_version(version: str | None) -> Processor:
    """A processor that adds `version` to each line."""

    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"version": version, **event}

    return add


def drop_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor that drops uvicorn's second copy of its message, for terminals."""
    event.pop("color_message", None)
    return event


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor that hides the values of keys that sound like secrets, however deep."""
    return {key: hidden(key, value) for key, value in event.items()}


def hidden(key: object, value: object) -> object:
    """`value`, or REDACTED where its key, or a key inside it, sounds like a secret."""
    if isinstance(key, str) and SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, Mapping):
        return {inner: hidden(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [pair_hidden(item) for item in value]
    return value


def pair_hidden(item: object) -> object:
    """Headers often come as (name, value) pairs, in bytes under ASGI."""
    match item:
        case (str() | bytes() as name, value):
            text = name.decode("latin-1") if isinstance(name, bytes) else name
            return [text, hidden(text, value)]
        case _:
            return hidden(None, item)
