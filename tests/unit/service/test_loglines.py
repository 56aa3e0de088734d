"""A line of a log: as a person reads it, as a program does, and from when on."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import ConfigError
from deploy.service.loglines import (
    COLOURS,
    Line,
    Palette,
    as_json,
    contains,
    line_of,
    printable,
    rendered,
    since,
)

AT = 1_767_225_600_123  # 2026-01-01T00:00:00.123Z
STREAM = "backend/backend/3f9a1c2d5e6f7a8b"


def line(message: str) -> Line:
    return Line(AT, "backend", STREAM, message, "1")


def shown(message: str) -> str:
    return "".join(text for text, _ in rendered(line(message), "cyan"))


def entry(**fields: Any) -> str:
    return shown(json.dumps(fields))


def test_an_event_of_cloudwatch_is_a_line() -> None:
    event = {"timestamp": AT, "message": "hi\n", "logStreamName": STREAM, "eventId": "9"}
    found = line_of("backend", event)
    assert (found.task, found.message, found.id) == ("3f9a1c2d5e6f7a8b", "hi", "9")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", 999_910),
        ("10m", 999_400),
        ("2h", 992_800),
        ("1d", 913_600),
        ("1970-01-02T00:00:00Z", 86_400),
        ("1970-01-02T01:00:00+01:00", 86_400),
        ("1970-01-02", 86_400),
    ],
)
def test_since_takes_spans_and_times(text: str, moment: float) -> None:
    assert since(text, 1_000_000) == moment


@pytest.mark.parametrize("text", ["", "10", "m", "ten minutes", "-5m", "10x", "2026-13-01"])
def test_since_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(ConfigError, match="is no time") as refused:
        since(text, 0)
    assert "--since 10m" in refused.value.remedy


def test_the_sample_backends_line_is_read_as_a_sentence() -> None:
    text = entry(
        version="src-1",
        event="request finished",
        level="info",
        logger="app",
        timestamp="2026-01-01T00:00:00Z",
        request_id="r-1",
        status=200,
        path="/api/v1/prices",
    )
    assert text == (
        "backend/3f9a1c2d 00:00:00.123 INFO     request finished  r-1"
        "  version=src-1  logger=app  status=200  path=/api/v1/prices"
    )


@pytest.mark.parametrize("key", ["event", "message", "msg"])
@pytest.mark.parametrize("level", ["level", "severity", "levelname"])
def test_other_libraries_names_are_known(key: str, level: str) -> None:
    assert entry(**{key: "full disk", level: "error"}).endswith("ERROR    full disk")


def test_an_error_stands_out_and_its_traceback_follows_indented() -> None:
    parts = rendered(
        line(json.dumps({"level": "error", "event": "no", "exception": "Traceback:\n  boom"})), ""
    )
    assert ("no", "bold red") in parts
    assert parts[-1][0] == "\n    Traceback:\n      boom"


def test_values_with_spaces_and_structure_are_json() -> None:
    text = entry(event="x", user="Ada L", tags=["a", {"b": 1}], none=None, ok=True)
    assert text.endswith('x  user="Ada L"  tags=["a", {"b": 1}]  none=  ok=true')


def test_values_of_secret_keys_are_hidden_on_a_screen_and_nowhere_else() -> None:
    message = json.dumps({"event": "x", "db": {"password": "hunter2"}, "api_key": "k", "n": 1})
    assert "hunter2" not in shown(message)
    assert "api_key=[REDACTED]  n=1" in shown(message)
    assert json.loads(as_json(line(message)))["message"] == message


@pytest.mark.parametrize(
    "message", ["plain", "{not json", "[1, 2]", "{}", '"text"', "", "{" * 9999]
)
def test_what_is_no_object_of_json_stands_as_it_is(message: str) -> None:
    assert shown(message) == f"backend/3f9a1c2d 00:00:00.123 {message}"


def test_a_line_cannot_move_the_cursor() -> None:
    assert printable("\x1b[2J\x1b[32mgreen\x1b[0m\tb\x07ell\r") == "green\tb\\x07ell\\x0d"
    assert "\x1b" not in entry(event="\x1b]0;title\x07")


def test_as_json_a_line_has_its_time_service_and_task() -> None:
    assert json.loads(as_json(line("hi"))) == {
        "time": "2026-01-01T00:00:00.123Z",
        "service": "backend",
        "task": "3f9a1c2d5e6f7a8b",
        "message": "hi",
    }


def test_the_filter_ignores_capitals() -> None:
    assert contains(line("ERROR: out of paper"), "error: OUT")
    assert contains(line("any"), "")
    assert not contains(line("fine"), "error")


def test_each_task_keeps_its_colour() -> None:
    palette = Palette()
    tasks = [f"task-{number}" for number in range(len(COLOURS) + 1)]
    first = [palette.of(task) for task in tasks]
    assert first == [*COLOURS, COLOURS[0]]
    assert [palette.of(task) for task in tasks] == first


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["event", "level", "request_id", "exception", "timestamp", "x", "token"])


@given(st.dictionaries(NAMES | st.text(), JSON) | st.text())
def test_any_line_can_be_shown_without_a_control_character(content: object) -> None:
    message = content if isinstance(content, str) else json.dumps(content)
    text = shown(message)
    assert text.startswith("backend/3f9a1c2d 00:00:00.123 ")
    assert not {char for char in text if char not in "\n\t" and ord(char) < 32}
    assert json.loads(as_json(line(message)))["message"] == message
