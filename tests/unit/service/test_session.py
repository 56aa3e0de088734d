"""A command in a running container: which one, what is called, how it ended."""

import shlex
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.service.session import Ending, aws_argv, check, choose, container_of, docker_argv

START = datetime(2026, 1, 1, tzinfo=UTC)


def task(name: str, minutes: int = 0, status: str = "RUNNING") -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:us-east-1:1:task/demo/{name}",
        "lastStatus": status,
        "startedAt": START + timedelta(minutes=minutes),
        "enableExecuteCommand": True,
        "containers": [{"name": "proxy"}, {"name": "api", "runtimeId": "cafe"}],
    }


def definition(*, readonly: bool) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "api", "readonlyRootFilesystem": readonly}]}


def test_the_newest_task_that_runs_is_chosen() -> None:
    tasks = [task("old"), task("new", 5), task("starting", 9, "PENDING")]
    assert choose(tasks, "api") == tasks[1]


@pytest.mark.parametrize("wanted", ["old1", "old", "arn:aws:ecs:us-east-1:1:task/demo/old1"])
def test_a_task_is_chosen_by_the_beginning_of_its_id(wanted: str) -> None:
    tasks = [task("old1"), task("new", 5)]
    assert choose(tasks, "api", wanted) == tasks[0]


def test_a_task_that_does_not_run_is_refused_with_those_that_do() -> None:
    with pytest.raises(PreflightError, match="no running task of api is gone") as caught:
        choose([task("one"), task("gone", status="STOPPED")], "api", "gone")
    assert caught.value.details == ("one",)
    with pytest.raises(PreflightError, match="no task of api runs"):
        choose([], "api")


def test_the_services_own_container_is_taken() -> None:
    assert container_of(task("x"), "api")["runtimeId"] == "cafe"
    assert container_of(task("x"), "other")["name"] == "proxy"


def test_docker_is_given_a_terminal_only_if_there_is_one() -> None:
    assert docker_argv("cafe", "a | b", terminal=False) == (
        "docker", "exec", "-i", "cafe", "sh", "-c", "a | b",
    )  # fmt: skip
    assert "-t" in docker_argv("cafe", "", terminal=True)
    assert docker_argv("cafe", "", terminal=False)[-1] == "exec sh"


def test_ecs_exec_is_given_one_command_for_sh() -> None:
    argv = aws_argv("demo", task("x"), "api", "echo 'a b'", region="eu-west-1", endpoint=None)
    assert argv[:5] == ("aws", "ecs", "execute-command", "--region", "eu-west-1")
    assert "--endpoint-url" not in argv
    words = shlex.split(argv[-1])
    assert words[:2] == ["sh", "-c"]
    assert "echo 'a b'" in words[2]


def test_a_task_that_ecs_exec_cannot_reach_is_refused_with_the_remedy() -> None:
    check(task("x"), definition(readonly=False), "api", "prod")
    with pytest.raises(PreflightError) as caught:
        check(task("x"), definition(readonly=True), "api", "prod")
    assert "readonly_root = false" in caught.value.remedy
    with pytest.raises(PreflightError, match="without ECS Exec") as caught:
        check(task("x") | {"enableExecuteCommand": False}, {}, "api", "prod")
    assert "invoke infra.apply --env prod" in caught.value.remedy


@given(st.binary().filter(lambda text: b"\x1e" not in text), st.integers(0, 255), st.data())
def test_the_exit_code_is_read_and_not_shown_however_it_is_cut(
    text: bytes, code: int, data: st.DataObject
) -> None:
    whole = text + b"\x1e%d\x1e" % code + b"Exiting session."
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    ending = Ending()
    edges = [0, *cuts, len(whole)]
    parts = [whole[a:b] for a, b in pairwise(edges)]
    shown = b"".join(ending.passed(part) for part in parts)
    assert ending.code == code
    assert shown == text + b"Exiting session."


@given(st.lists(st.binary()))
def test_what_has_no_mark_is_shown_as_it_is(parts: list[bytes]) -> None:
    parts = [part.replace(b"\x1e", b"") for part in parts]
    ending = Ending()
    assert b"".join(map(ending.passed, parts)) == b"".join(parts)
    assert ending.code is None
