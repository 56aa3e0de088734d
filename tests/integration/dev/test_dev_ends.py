"""How `invoke dev` ends, and what it leaves: nothing but the data."""

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.integration.dev.conftest import START_SECONDS, Clone, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

BROKEN = 'raise RuntimeError("no such column")\n'


def register(clone: Clone, email: str) -> None:
    body = json.dumps({"name": "Ada", "email": email, "birth_year": 1990}).encode()
    request = urllib.request.Request(
        f"{clone.url}/api/v1/drivers", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        assert reply.status == 201


def test_the_data_outlives_a_stop_and_no_reset(clone: Clone) -> None:
    first = clone.start()
    until(first.ready, "ready", START_SECONDS)
    register(clone, "ada@example.com")
    assert first.end(signal.SIGTERM) == 0
    assert not clone.containers()

    second = clone.start("--as-shipped")
    until(second.ready, "ready", START_SECONDS)
    try:
        assert "ada@example.com" in clone.get("/api/v1/drivers")
        assert "as it ships" in second.out
        mounts = clone.containers()["backend"].attrs["Mounts"]
        assert not [mount for mount in mounts if mount["Type"] == "bind"]
        assert clone.containers()["backend"].attrs["Config"]["Cmd"] == ["python", "-m", "app"]
    finally:
        assert second.end(signal.SIGINT) == 0

    code, out = clone.run("--reset")
    assert code == 0, out
    assert not clone.volumes()


def test_what_a_killed_run_leaves_is_taken_away(clone: Clone) -> None:
    run = clone.start()
    until(run.ready, "ready", START_SECONDS)
    run.end(signal.SIGKILL)
    assert clone.containers()
    code, out = clone.run("--down")
    assert code == 0, out
    assert not clone.containers()
    assert clone.volumes()


def test_a_service_that_ends_ends_it_with_its_code(clone: Clone) -> None:
    run = clone.start()
    until(run.ready, "ready", START_SECONDS)
    clone.containers()["backend"].kill("SIGKILL")
    assert run.process.wait(60) == 1
    run.reader.join(60)
    assert "backend ended with exit code 137" in run.out
    assert not clone.containers()


def test_a_migration_that_fails_starts_no_service(clone: Clone) -> None:
    file = Path(clone.made.root, "backend/migrations/env.py")
    text = file.read_text()
    file.write_text(BROKEN + text)
    try:
        code, out = clone.run()
    finally:
        file.write_text(text)
    assert code == 1
    assert "migrate ended with exit code 1" in out
    assert "RuntimeError: no such column" in out
    assert not clone.containers()
