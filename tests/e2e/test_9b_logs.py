"""What the tasks write, all of them in one stream, and a command in a task of its own."""

import json
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.project import Project
from tests.e2e.traffic import Traffic

FOLLOW = ("logs", "--service", "backend", "--since", "1s", "--follow", "--json")


@pytest.fixture
def twice(project: Project) -> Iterator[Project]:
    """The project with two tasks of the backend."""
    assert project.invoke("scale", "--count", "2").code == 0
    yield project
    assert project.invoke("scale", "--count", "1").code == 0


def moment(line: dict[str, Any]) -> int:
    """Return when a line was written, in milliseconds since the epoch."""
    return round(datetime.fromisoformat(line["time"]).timestamp() * 1000)


def kept(project: Project, first: int, last: int) -> list[tuple[int, str, str]]:
    """Return what CloudWatch has between two moments: when, task, message."""
    group = project.target()["services"]["backend"]["log_group"]
    pages = project.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=group, startTime=first + 1, endTime=last - 1)
    return sorted(
        (event["timestamp"], event["logStreamName"].rpartition("/")[2], event["message"])
        for page in found
        for event in page["events"]
    )


def started_by_run(project: Project) -> list[dict[str, Any]]:
    """Return the tasks of `invoke run` that are not stopped."""
    ecs, cluster = project.client("ecs"), project.target()["cluster"]
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
    ]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return [
        task
        for task in tasks
        if task.get("startedBy", "").startswith("shipway/run/") and task["lastStatus"] != "STOPPED"
    ]


def test_lines_of_two_tasks_come_in_order_while_a_rollout_replaces_both(twice: Project) -> None:
    lines: list[dict[str, Any]] = []
    with twice.start(*FOLLOW) as follow, Traffic(twice.url, key="message") as traffic:
        restart, ended = twice.start("restart"), 0.0
        for text in follow.stdout or ():
            lines.append(json.loads(text))
            if restart.poll() is not None and moment(lines[-1]) > ended:
                break
            ended = time.time() * 1000 if restart.poll() is None else ended
        out, _ = restart.communicate(timeout=300)
        last = moment(lines[-1])  # what is shown from here on had not waited for its turn
        follow.send_signal(signal.SIGINT)
        lines += [json.loads(text) for text in follow.stdout or ()]
    assert (restart.returncode, follow.returncode) == (0, 0), out
    assert not traffic.failures

    assert len({line["task"] for line in lines}) >= 4
    times = [moment(line) for line in lines]
    assert times == sorted(times)
    first = times[0]
    shown = sorted((moment(line), line["task"], line["message"]) for line in lines)
    assert [each for each in shown if first < each[0] < last] == kept(twice, first, last)


def test_a_pipe_gets_what_the_backend_wrote(project: Project) -> None:
    ran = project.invoke("logs", "--service", "backend", "--lines", "3")
    assert ran.code == 0, ran.out
    written = ran.out.splitlines()
    assert len(written) == 3
    assert all(json.loads(line)["event"] for line in written)
    none = project.invoke("logs", "--filter", "nobody-wrote-this")
    assert (none.code, none.out) == (0, "")


def test_a_commands_lines_and_exit_code_come_back(project: Project) -> None:
    good = project.invoke("run", "--", "python", "-c", "print('6 x 7 =', 6 * 7)")
    assert good.code == 0, good.out
    assert "6 x 7 = 42" in good.out.splitlines()
    bad = project.invoke("run", "--command", "echo not today; exit 3")
    assert bad.code == 3, bad.out
    assert "not today" in bad.out.splitlines()
    assert started_by_run(project) == []


def test_nothing_to_run_is_refused(project: Project) -> None:
    ran = project.invoke("run")
    assert ran.code == 2
    assert "nothing to run" in ran.out
    assert "Traceback" not in ran.out


def test_ctrl_c_leaves_no_task(project: Project) -> None:
    with project.start("run", "--command", "echo begun; exec sleep 300") as run:
        for line in run.stdout or ():
            if "begun" in line:
                break
        assert len(started_by_run(project)) == 1
        run.send_signal(signal.SIGINT)
        out = str(run.stdout.read() if run.stdout else "")
    assert run.returncode == 130, out
    assert "Traceback" not in out
    assert started_by_run(project) == []
