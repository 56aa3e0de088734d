"""One migration as a task: what counts as done, what does not, and what an earlier run left.

ECS and its logs are a script: each look shows the next state of the task.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.events import Note, PhaseEnded, PhaseOutput, PhaseStarted
from deploy.migration_task import LINES, Migrated, MigrationTask
from deploy.outcome import Outcome
from deploy.service.effects import Effects
from tests.unit.service.test_runtask import ARN, RUNNING, Cloud
from tests.unit.service.test_runtask import stopped as stopped_app
from tests.unit.service.world import Clock, Told, arn, refusal, service

LOG = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/demo", "awslogs-stream-prefix": "app"},
}
DEFINITION = {
    "taskDefinitionArn": arn(8),
    "containerDefinitions": [{"name": "app", "logConfiguration": LOG}],
}
WORDS = ("alembic", "upgrade", "head")
OTHER = f"{ARN}-left"


def stopped(code: int | None = 0, **more: Any) -> dict[str, Any]:
    return stopped_app(code) | more


@dataclass
class Migrating(Cloud):
    """The same, with tasks that an earlier run left; each look at one takes one look of `looks`."""

    left: list[str] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)

    def list_tasks(self, **asked: Any) -> dict[str, Any]:
        self.listed.append(asked)
        return {"taskArns": self.left}


@dataclass
class Ran:
    migrated: Migrated
    told: Told
    clock: Clock


def run(cloud: Migrating, timeout: float = 60, sleep: Callable[[float], None] | None = None) -> Ran:
    clock, told = Clock(), Told()
    effects = Effects(cloud, cloud, told, clock, sleep or clock.sleep, lambda: 0.5)
    task = MigrationTask(effects, "demo", "app", timeout)
    return Ran(task.run(DEFINITION, service(), WORDS), told, clock)


def test_the_new_definition_runs_the_command_on_the_services_network() -> None:
    cloud = Migrating([RUNNING, stopped(0)], [["Running upgrade -> 0001"], []])
    ran = run(cloud)
    assert ran.migrated.outcome is Outcome.SUCCEEDED
    (asked,) = cloud.asked
    assert asked["taskDefinition"] == arn(8)
    assert asked["startedBy"] == "shipway/migrate/app"
    assert asked["overrides"]["containerOverrides"] == [{"name": "app", "command": [*WORDS]}]


def test_its_lines_stay_on_a_terminal() -> None:
    ran = run(Migrating([RUNNING, stopped(0)], [["Running upgrade -> 0001"], []]))
    assert ran.told.of(PhaseOutput) == [
        PhaseOutput("migrate app", "Running upgrade -> 0001", kept=True)
    ]
    (started,), (ended,) = ran.told.of(PhaseStarted), ran.told.of(PhaseEnded)
    assert started.detail == "alembic upgrade head, on demo-backend:8"
    assert (ended.ok, ended.detail) == (True, "succeeded")


def test_a_traceback_is_told_again_at_the_end() -> None:
    lines = [f"line {n}" for n in range(60)] + ["RuntimeError: no"]
    ran = run(Migrating([RUNNING, stopped(1)], [lines, []]))
    assert ran.migrated.outcome is Outcome.FAILED
    failure = ran.migrated.failure("app", "mend it")
    assert len(failure.details) == LINES
    assert failure.details[-1] == "RuntimeError: no"
    assert "exited with code 1" in failure.message
    assert failure.remedy == "mend it"


def test_what_is_logged_as_json_is_told_as_a_person_reads_it() -> None:
    entry = {
        "level": "error",
        "event": "no way",
        "exception": "Traceback\n  line 3",
        "password": "x",
    }
    ran = run(Migrating([RUNNING, stopped(1)], [[json.dumps(entry)], []]))
    assert ran.migrated.lines == (
        "ERROR    no way  password=[REDACTED]",
        "    Traceback",
        "      line 3",
    )


NOT_STARTED = {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: gone"}


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (stopped(None), "the task could not start"),
        (stopped(None, **NOT_STARTED), "CannotPullContainerError: gone"),
        (stopped(0, **NOT_STARTED), "could not start"),
        (stopped(0, stopCode="UserInitiated", stoppedReason="by Ada"), "by Ada"),
        (stopped(0, stopCode="SpotInterruption"), "stopped before it was done"),
        (stopped(127), "its command was not found"),
        (stopped(137), "137"),
    ],
)
def test_what_is_not_done_has_failed(end: dict[str, Any], told: str) -> None:
    ran = run(Migrating([RUNNING, end]))
    assert ran.migrated.outcome is Outcome.FAILED
    assert ran.migrated.outcome.exit_code == 1
    assert told in ran.migrated.why


def test_an_exit_code_that_looks_like_another_outcome_is_a_failure() -> None:
    """6 is a timeout's and 130 an interrupt's, where it was us who stopped the task."""
    for code in (4, 5, 6, 7, 130):
        assert run(Migrating([RUNNING, stopped(code)])).migrated.outcome is Outcome.FAILED


def test_a_task_that_takes_too_long_is_stopped_and_has_failed() -> None:
    cloud = Migrating([RUNNING])
    ran = run(cloud, timeout=5)
    assert len(cloud.stops) == 1
    assert ran.migrated.outcome is Outcome.FAILED
    assert ran.migrated.why == "not done within 5 s: the task was stopped"


def test_ctrl_c_stops_it() -> None:
    cloud = Migrating([RUNNING, KeyboardInterrupt(), RUNNING])
    ran = run(cloud)
    assert len(cloud.stops) == 1
    assert ran.migrated.outcome is Outcome.INTERRUPTED


def test_a_task_that_ecs_refuses_is_told_as_a_failure() -> None:
    ran = run(Migrating([RUNNING], started=refusal("AccessDeniedException")))
    assert ran.migrated.outcome is Outcome.FAILED
    assert "ECS did not start the task" in ran.migrated.why
    (ended,) = ran.told.of(PhaseEnded)
    assert not ended.ok


def test_a_task_for_which_there_is_no_room_is_a_failure() -> None:
    none = {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]}
    ran = run(Migrating([RUNNING], started=none))
    assert ran.migrated.outcome is Outcome.FAILED
    assert "RESOURCE:ENI" in ran.migrated.why


@pytest.mark.parametrize("code", [0, 1, None])
def test_what_an_earlier_run_left_is_waited_for_however_it_ends(code: int | None) -> None:
    cloud = Migrating([RUNNING, RUNNING, stopped(code), RUNNING, stopped(0)], left=[OTHER])
    ran = run(cloud)
    assert cloud.listed == [{"cluster": "demo", "startedBy": "shipway/migrate/app"}]
    assert len(cloud.asked) == 1  # its own, and only behind the other's end
    assert cloud.looks == [stopped(0)]
    assert ran.migrated.outcome is Outcome.SUCCEEDED
    assert OTHER in ran.told.of(Note)[0].text


def test_what_an_earlier_run_left_is_stopped_when_the_time_is_up() -> None:
    cloud = Migrating([RUNNING], left=[OTHER])
    ran = run(cloud, timeout=5)
    assert [each["task"] for each in cloud.stops] == [OTHER]
    assert not cloud.asked
    assert ran.migrated.outcome is Outcome.FAILED
