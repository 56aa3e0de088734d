"""The service as a process: what ECS sees when it starts and stops a task."""

import asyncio
import json
import signal
from pathlib import Path

import httpx
import pytest

from .process import DEADLINE, SERVICE, TESTS, refuses_connections, serving, start, until

TROUBLED_SERVICE = (str(TESTS / "troubled_app.py"),)


async def test_sigterm_ends_an_idle_service_with_0(tmp_path: Path) -> None:
    async with serving(tmp_path, *SERVICE) as running:
        running.process.terminate()
        assert await running.exit_code() == 0


async def test_sigint_ends_it_with_0_as_well(tmp_path: Path) -> None:
    async with serving(tmp_path, *SERVICE) as running:
        running.process.send_signal(signal.SIGINT)
        assert await running.exit_code() == 0


async def test_sigterm_finishes_what_is_in_flight_and_refuses_the_rest(tmp_path: Path) -> None:
    async with serving(tmp_path, *TROUBLED_SERVICE) as running:
        in_flight = asyncio.create_task(running.client.get("/slow"))
        await until((tmp_path / "started").exists)
        running.process.terminate()
        await until(lambda: refuses_connections(running.client))
        assert not in_flight.done()
        (tmp_path / "release").touch()
        answer = await in_flight
        assert (answer.status_code, answer.json()) == (200, "finished")
        assert await running.exit_code() == 0


async def test_what_takes_longer_than_the_graceful_timeout_is_cut_off(tmp_path: Path) -> None:
    async with serving(tmp_path, *TROUBLED_SERVICE, GRACEFUL_TIMEOUT="1") as running:
        in_flight = asyncio.create_task(running.client.get("/slow"))
        await until((tmp_path / "started").exists)
        running.process.terminate()
        assert await running.exit_code() == 0
        assert (await in_flight).status_code == 500
        errors = [line["event"] for line in running.logged() if line["level"] == "error"]
        assert any("timeout graceful shutdown exceeded" in event for event in errors)


async def test_every_line_is_json_and_a_request_has_one(tmp_path: Path) -> None:
    async with serving(tmp_path, *SERVICE, APP_SOURCE_TAG="src-1") as running:
        await running.client.get("/version", headers={"x-request-id": "req-1"})
        running.process.terminate()
        await running.exit_code()
    logged = running.logged()
    assert {line["version"] for line in logged} == {"src-1"}
    assert {"uvicorn.error", "app.requests"} <= {line["logger"] for line in logged}
    assert [line["path"] for line in logged if line.get("request_id") == "req-1"] == ["/version"]


async def test_an_answer_that_breaks_is_cut_off_and_logged_once(tmp_path: Path) -> None:
    async with serving(tmp_path, *TROUBLED_SERVICE) as running:
        with pytest.raises(httpx.RemoteProtocolError):
            await running.client.get("/torn")
        running.process.terminate()
        assert await running.exit_code() == 0
    (failure,) = [line for line in running.logged() if "exception" in line]
    assert "ZeroDivisionError" in failure["exception"]


async def test_settings_that_cannot_work_are_refused_at_the_start(tmp_path: Path) -> None:
    process = await start(tmp_path, *SERVICE, CORS_ORIGINS="*", CORS_CREDENTIALS="true")
    assert await asyncio.wait_for(process.wait(), DEADLINE) == 2
    (line,) = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert line["level"] == "critical"
    assert "CORS_ORIGINS=*" in line["reason"]


async def test_the_scheme_of_the_load_balancer_is_believed(tmp_path: Path) -> None:
    async with serving(tmp_path, *SERVICE) as running:
        answer = await running.client.get("/health/", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["location"].startswith("https://")
