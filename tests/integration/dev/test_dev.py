"""The backend and its database on one machine, as a developer has them by `invoke dev`."""

import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from deploy.compose.ports import listener
from tests.integration.dev.conftest import START_SECONDS, Clone, Run, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def running(clone: Clone) -> Iterator[Run]:
    run = clone.start()
    try:
        until(run.ready, "ready", START_SECONDS)
        yield run
    finally:
        code = run.end(signal.SIGINT)
        print(run.out)
    assert code == 0
    assert "stopped: no container is left" in run.out
    assert not clone.containers()
    assert clone.volumes()  # the data stays


def test_it_says_where_everything_answers(clone: Clone, running: Run) -> None:
    assert f"backend   http://localhost:{clone.port}\n" in running.out
    assert f"docs      http://localhost:{clone.port}/docs\n" in running.out
    database = f"postgresql://app:development@localhost:{clone.database_port}/app"
    assert f"database  {database}\n" in running.out


def test_the_service_answers_on_a_migrated_database(clone: Clone, running: Run) -> None:
    assert json.loads(clone.get("/health")) == {"status": "ok"}
    assert "swagger" in clone.get("/docs").lower()
    assert "items" in json.loads(clone.get("/api/v1/drivers"))


def test_it_runs_as_on_ecs(clone: Clone, running: Run) -> None:
    backend = clone.containers()["backend"]
    until(lambda: health(clone) == "healthy", "the container's own health check")
    assert backend.attrs["Config"]["User"] == "10001"
    assert backend.exec_run(["touch", "/srv/file"]).exit_code != 0
    assert backend.exec_run(["touch", "/tmp/file"]).exit_code == 0
    assert backend.attrs["HostConfig"]["Memory"] == 2048 << 20


def health(clone: Clone) -> str:
    return str(clone.containers()["backend"].attrs["State"]["Health"]["Status"])


def test_only_this_machine_reaches_it(clone: Clone, running: Run) -> None:
    bound = [
        where["HostIp"]
        for container in clone.containers().values()
        for places in container.ports.values()
        for where in places or ()
    ]
    assert bound == ["127.0.0.1", "127.0.0.1"]


def test_a_changed_file_is_served_without_a_build(clone: Clone, running: Run) -> None:
    before = clone.containers()["backend"]
    clone.edit("backend/app/main.py", "Hello from Shipway!", "Hello from a test!")
    until(lambda: "Hello from a test!" in clone.get("/"), "the new greeting")
    after = clone.containers()["backend"]
    assert (after.id, after.attrs["Image"]) == (before.id, before.attrs["Image"])


def test_a_broken_file_is_told_and_mended(clone: Clone, running: Run) -> None:
    clone.edit("backend/app/__main__.py", "def main() ->", "def main( ->")
    until(lambda: "SyntaxError" in running.out, "the error among the lines")
    assert running.process.poll() is None
    clone.edit("backend/app/__main__.py", "def main( ->", "def main() ->")
    until(lambda: clone.get("/health") != "", "an answer")


def test_a_pipe_gets_the_lines_as_they_were_written(clone: Clone, running: Run) -> None:
    clone.get("/health?marked=once")
    clone.get("/nowhere")
    until(lambda: '"path": "/nowhere"' in running.out, "the line of the request")
    line = next(line for line in running.lines if "/nowhere" in line)
    assert json.loads(line)["status"] == 404


def test_a_second_one_is_refused(clone: Clone, running: Run) -> None:
    code, out = clone.run()
    assert code == 3
    assert "it runs already" in out
    assert "`invoke dev --down` stops it" in out


def test_a_port_that_a_container_has_is_told_by_its_name(clone: Clone, running: Run) -> None:
    code, out = clone.run(project=f"{clone.name}-other")
    name = clone.containers()["backend"].name
    assert code == 3
    assert f"port {clone.port} is taken by container {name} of {clone.name}" in out
    assert f"--port {clone.port + 1}" in out


def test_a_port_that_a_program_has_is_told_by_its_name(clone: Clone, running: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listener(port).endswith(f"(process {os.getpid()})")
        code, out = clone.run(project=f"{clone.name}-other", ports=(f"--port={port}",))
    assert code == 3
    assert f"port {port} is taken by " in out
    assert f"(process {os.getpid()})" in out
