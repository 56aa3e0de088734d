"""What a developer reads of the containers."""

import io
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploy.compose.containers import Ended, Said, follow, from_here, published
from deploy.dev_lines import addresses, show
from deploy.errors import ToolError
from tests.unit.service.world import config_of

AT = 1_700_000_000_000
PORTS = {("backend", 8000): 8765, ("database", 5432): 5433}
URL = "postgresql://app:development@database:5432/app?sslmode=disable"


def said(text: str, service: str = "backend") -> Said:
    return Said(service, "0123456789abcdef", AT, text)


def container(service: str, ports: dict[str, Any], *environment: str) -> Any:
    labels = {"com.docker.compose.service": service}
    attrs = {"Config": {"Env": list(environment)}}
    return cast("Any", SimpleNamespace(labels=labels, ports=ports, attrs=attrs, name=service))


def test_lines_are_shown_as_logs_are() -> None:
    out = io.StringIO()
    show([said('{"event": "hello"}'), said("plain", "database")], {"backend"}, stream=out)
    assert out.getvalue() == '{"event": "hello"}\nplain\n'


def test_as_json_each_line_names_its_service() -> None:
    out = io.StringIO()
    show([said("hello")], {"backend"}, as_json=True, stream=out)
    told = json.loads(out.getvalue())
    assert (told["service"], told["message"]) == ("backend", "hello")
    assert told["time"] == "2023-11-14T22:13:20.000Z"


@pytest.mark.parametrize("code", [0, 3])
def test_a_service_that_ends_is_the_end(code: int) -> None:
    with pytest.raises(ToolError, match=f"backend ended with exit code {code}"):
        show([Ended("backend", code)], {"backend"}, stream=io.StringIO())


def test_one_that_took_too_much_memory_is_told_so() -> None:
    assert "more memory than it may" in Ended("backend", 137, out_of_memory=True).told


def test_migrations_that_are_done_are_no_end() -> None:
    out = io.StringIO()
    show([Ended("migrate", 0), said("goes on")], {"backend"}, stream=out)
    assert out.getvalue() == "goes on\n"


def test_a_database_that_ends_is_told_with_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    show([Ended("database", 1)], {"backend"}, stream=io.StringIO())
    told = capsys.readouterr().err
    assert "database ended with exit code 1" in told
    assert "docker compose start database" in told


def test_every_address_is_one_of_this_machine() -> None:
    there = [
        container("backend", {"8000/tcp": [{"HostPort": "8765"}]}, f"DATABASE_URL={URL}"),
        container("database", {"5432/tcp": [{"HostPort": "5433"}]}, "POSTGRES_DB=app"),
        container("migrate", {}),
    ]
    assert addresses(config_of(), there) == {
        "backend": "http://localhost:8765",
        "docs": "http://localhost:8765/docs",
        "database": "postgresql://app:development@localhost:5433/app",
    }


def test_a_port_that_is_not_published_has_no_address() -> None:
    assert published([container("backend", {"8000/tcp": None})]) == {}
    assert addresses(config_of(), [container("backend", {"8000/tcp": None})]) == {}


@pytest.mark.parametrize("text", ["", "2", "http://localhost:8080", "http://[::1", "a:b:c"])
def test_other_values_are_no_address_of_a_container(text: str) -> None:
    assert from_here(text, PORTS) == ""


class Spoken:
    """A container that has said these chunks, and has ended with a code."""

    def __init__(self, chunks: list[bytes], code: int = 0) -> None:
        self.chunks, self.id, self.name = chunks, "0123", "demo_backend_1"
        self.labels = {"com.docker.compose.service": "backend"}
        state = {"ExitCode": code, "OOMKilled": False, "StartedAt": "2023-11-14T22:13:19Z"}
        self.attrs = {"State": state}
        self.states = ["running", "exited"]
        self.asked: list[dict[str, Any]] = []

    @property
    def status(self) -> str:
        return self.states[0]

    def reload(self) -> None:
        if len(self.asked) > 1 and len(self.states) > 1:
            self.states.pop(0)

    def logs(self, **options: Any) -> list[bytes]:
        self.asked.append(options)
        return self.chunks


def test_a_container_that_started_again_is_followed_and_nothing_told_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deploy.compose.containers.RESTART_SECONDS", 0)
    one = b"2023-11-14T22:13:20.123456789Z one\n2023-11-14T22:13:21Z two \xff\n"
    spoken = Spoken([one], code=3)
    told = follow([cast("Any", spoken)])
    assert [next(told), next(told), next(told)] == [
        Said("backend", "0123", AT + 123, "one"),
        Said("backend", "0123", AT + 1000, "two \ufffd"),
        Ended("backend", 3),
    ]
    assert [each["since"] for each in spoken.asked] == [None, 1_700_000_001]
