"""A task beside a service is followed to its end, and none is left behind.

ECS and its logs are a script: each look shows the next state of the task.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.errors import ToolError
from deploy.events import Note
from deploy.service.effects import Effects
from deploy.service.oneoff import LogPlace
from deploy.service.runtask import RunTask
from tests.unit.service.world import Clock, Told, refusal

ARN = "arn:aws:ecs:us-east-1:000000000000:task/demo/cafe"
RUNNING: dict[str, Any] = {"taskArn": ARN, "lastStatus": "RUNNING"}


def stopped(code: int | None = 0, stop_code: str = "EssentialContainerExited") -> dict[str, Any]:
    container = {"name": "app"} | ({} if code is None else {"exitCode": code})
    return {**RUNNING, "lastStatus": "STOPPED", "stopCode": stop_code, "containers": [container]}


@dataclass
class Cloud:
    """ECS and CloudWatch Logs at once. A look may be an error; StopTask ends the task."""

    looks: list[Any]
    lines: list[list[str]] = field(default_factory=list)
    started: Any = None
    stops: list[dict[str, Any]] = field(default_factory=list)
    refuses_stop: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def run_task(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if isinstance(self.started, BaseException):
            raise self.started
        return self.started or {"tasks": [RUNNING], "failures": []}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        look = stopped(143, "UserInitiated") if self.stops else self.looks[0]
        if len(self.looks) > 1:
            del self.looks[0]
        if isinstance(look, BaseException):
            raise look
        return {"tasks": [look] if look else []}

    def stop_task(self, **asked: Any) -> None:
        if self.refuses_stop:
            raise refusal("AccessDeniedException")
        self.stops.append(asked)

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        start = int(asked.get("nextToken", 0))
        if not self.lines:
            raise refusal("ResourceNotFoundException")
        events = [{"message": f"{text}\n"} for text in self.lines[start]]
        end = min(start + 1, len(self.lines) - 1)
        return {"events": events if end > start else [], "nextForwardToken": str(end)}


@dataclass
class Ran:
    task: RunTask
    shown: list[str]
    told: Told
    clock: Clock


def prepared(cloud: Cloud, *, log: bool = True) -> Ran:
    clock, told, shown = Clock(), Told(), list[str]()
    effects = Effects(cloud, cloud, told, clock, clock.sleep, lambda: 0.5)
    place = LogPlace("/demo", "app", "app") if log else None
    task = RunTask(effects, {"cluster": "demo"}, "app", place, shown.append, "run app")
    return Ran(task, shown, told, clock)


def test_its_lines_are_shown_and_its_code_returned() -> None:
    cloud = Cloud([RUNNING, RUNNING, stopped(3)], [["one", "two"], ["three"], []])
    ran = prepared(cloud)
    ended = ran.task.run(600)
    assert (ended.code, ended.stopped) == (3, False)
    assert ran.shown == ["one", "two", "three"]
    assert not cloud.stops


def test_a_task_that_never_ran_before_it_stopped_is_no_surprise() -> None:
    ran = prepared(Cloud([stopped(0)]))
    assert ran.task.run(600).code == 0


def test_a_task_that_ecs_does_not_know_at_once_is_waited_for() -> None:
    ran = prepared(Cloud([None, None, stopped(0)]))
    assert ran.task.run(600).code == 0


def test_a_task_that_ecs_never_knows_is_an_error() -> None:
    ran = prepared(Cloud([None]))
    with pytest.raises(ToolError, match="does not know the task"):
        ran.task.run(600)


def test_a_look_that_is_throttled_is_taken_again() -> None:
    ran = prepared(Cloud([refusal("ThrottlingException"), RUNNING, stopped(0)]))
    assert ran.task.run(600).code == 0


def test_without_awslogs_only_the_end_is_told() -> None:
    ran = prepared(Cloud([RUNNING, stopped(0)], [["unseen"], []]), log=False)
    assert ran.task.run(600).code == 0
    assert ran.shown == []


@pytest.mark.parametrize(
    "started",
    [
        refusal("ClientException", operation="RunTask"),
        {"tasks": [], "failures": [{"reason": "ClientException it said"}]},
    ],
)
def test_what_ecs_does_not_start_is_an_error_with_its_reason(started: Any) -> None:
    cloud = Cloud([RUNNING], started=started)
    with pytest.raises(ToolError, match=r"did not start the task: .*ClientException") as refused:
        prepared(cloud).task.run(600)
    assert refused.value.remedy
    assert not cloud.stops


def test_its_time_is_up_and_it_is_stopped() -> None:
    cloud = Cloud([RUNNING], [["still here"], []])
    ran = prepared(cloud)
    ended = ran.task.run(30)
    assert (ended.code, ended.stopped) == (6, True)
    assert "not done within 30 s" in ended.reason
    assert [stop["task"] for stop in cloud.stops] == [ARN]
    assert ran.clock.now < 60
    assert ran.shown == ["still here"]


def test_an_interrupt_stops_it() -> None:
    cloud = Cloud([RUNNING, KeyboardInterrupt(), RUNNING])
    ended = prepared(cloud).task.run(600)
    assert (ended.code, ended.stopped) == (130, True)
    assert [stop["task"] for stop in cloud.stops] == [ARN]


def test_a_task_that_was_started_when_the_run_broke_is_stopped() -> None:
    cloud = Cloud([RUNNING, refusal("AccessDeniedException")])
    with pytest.raises(Exception, match="AccessDenied"):
        prepared(cloud).task.run(600)
    assert [stop["task"] for stop in cloud.stops] == [ARN]


def test_what_may_not_be_stopped_is_told_with_the_command() -> None:
    cloud = Cloud([RUNNING, KeyboardInterrupt(), RUNNING], refuses_stop=True)
    ran = prepared(cloud)
    assert ran.task.run(600).code == 130
    (note,) = ran.told.of(Note)
    assert f"aws ecs stop-task --cluster demo --task {ARN}" in note.text


def test_a_second_interrupt_ends_the_waiting_but_not_the_stopping() -> None:
    cloud = Cloud([RUNNING, KeyboardInterrupt(), RUNNING])
    ran = prepared(cloud)
    ran.task.effects.logs.get_log_events = _interrupting  # the wait's first read
    assert ran.task.run(600).code == 130
    assert cloud.stops


def _interrupting(**_: Any) -> dict[str, Any]:
    raise KeyboardInterrupt
