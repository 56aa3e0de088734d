"""What is logged: JSON lines with the request's id, and no secret in them."""

import logging
from typing import Any

import httpx
import pytest
import structlog

from app.logs import REDACTED
from app.main import create_app
from app.settings import Settings

from .conftest import Lines, connect_to

SECRET = "hunter2"  # noqa: S105 - the canary


def by(logger: str, lines: Lines) -> list[dict[str, Any]]:
    """The lines of this logger: the tests' own client logs as well."""
    return [line for line in lines() if line["logger"] == logger]


async def logged(lines: Lines, path: str = "/version", **headers: str) -> dict[str, Any]:
    """The one line that a request with these headers (x_request_id=...) leaves."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with connect_to(create_app(Settings())) as client:
        await client.get(path, headers=named)
    (line,) = by("app.requests", lines)
    return line


async def test_a_request_leaves_one_line(client: httpx.AsyncClient, lines: Lines) -> None:
    answer = await client.get("/version?token=hunter2")
    (line,) = by("app.requests", lines)
    assert line.pop("timestamp").endswith("Z")
    assert 0 <= line.pop("ms") < 10_000
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "app.requests",
        "method": "GET",
        "path": "/version",
        "request_id": answer.headers["x-request-id"],
        "status": 200,
        "version": "src-1",
    }


@pytest.mark.parametrize(
    ("path", "level"), [("/", "info"), ("/missing", "warning"), ("/health", "debug")]
)
async def test_the_level_follows_the_status(lines: Lines, path: str, level: str) -> None:
    assert (await logged(lines, path))["level"] == level


async def test_the_callers_request_id_is_taken_over(lines: Lines) -> None:
    line = await logged(lines, x_request_id="req-1", x_amzn_trace_id="Root=1-67891233-abcdef")
    assert line["request_id"] == "req-1"


async def test_the_load_balancers_trace_is_taken_over(lines: Lines) -> None:
    trace = "Self=1-67891234-12456789;Root=1-67891233-abcdef012345678912345678"
    line = await logged(lines, x_amzn_trace_id=trace)
    assert line["request_id"] == "1-67891233-abcdef012345678912345678"


@pytest.mark.parametrize("name", ["x" * 129, "two words", '{"level":"error"}', ""])
async def test_an_id_that_is_none_is_replaced(lines: Lines, name: str) -> None:
    line = await logged(lines, x_request_id=name)
    assert len(line["request_id"]) == 32


async def test_lines_inside_a_request_carry_its_id(lines: Lines) -> None:
    app = create_app(Settings())

    @app.get("/work")
    async def work() -> None:
        structlog.get_logger("ours").info("working", driver=7)
        logging.getLogger("theirs").warning("slow %s", "query")

    async with connect_to(app) as client:
        await client.get("/work", headers={"x-request-id": "req-1"})
    (ours,), (theirs,) = by("ours", lines), by("theirs", lines)
    assert (ours["event"], ours["driver"], ours["request_id"]) == ("working", 7, "req-1")
    assert (theirs["event"], theirs["level"]) == ("slow query", "warning")
    assert theirs["request_id"] == "req-1"


async def test_a_failure_is_logged_once_with_its_traceback_in_the_line(lines: Lines) -> None:
    app = create_app(Settings())
    app.get("/broken")(lambda: 1 / 0)
    async with connect_to(app) as client:
        answer = await client.get("/broken", headers={"x-request-id": "req-1"})
    failure, request = by("app.requests", lines)
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "ZeroDivisionError" in failure["exception"]
    assert failure["request_id"] == "req-1"
    assert (request["status"], request["level"]) == (500, "error")


@pytest.mark.parametrize(
    "fields",
    [
        {"password": SECRET},
        {"DB_PASSWD": SECRET},
        {"api_key": SECRET},
        {"headers": {"Authorization": f"Bearer {SECRET}", "accept": "*/*"}},
        {"headers": [(b"cookie", SECRET.encode()), (b"accept", b"*/*")]},
        {"users": [{"name": "ann", "access_token": SECRET}]},
        {"set-cookie": [SECRET]},
    ],
)
def test_what_sounds_like_a_secret_is_redacted(lines: Lines, fields: dict[str, Any]) -> None:
    structlog.get_logger().info("event", **fields)
    logging.getLogger("theirs").info("event", extra=fields)
    ours, theirs = (str(line) for line in lines())
    for line in (ours, theirs):
        assert SECRET not in line
        assert REDACTED in line


def test_what_does_not_sound_like_one_stays(lines: Lines) -> None:
    structlog.get_logger().info("event", path="/password", headers=[("accept", "*/*")], n=(1, 2))
    (line,) = lines()
    assert (line["path"], line["headers"], line["n"]) == ("/password", [["accept", "*/*"]], [1, 2])


def test_what_is_bound_is_redacted_too(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(cookie=SECRET):
        logging.getLogger("uvicorn.error").error("broken")
    assert [line["cookie"] for line in lines()] == [REDACTED]
