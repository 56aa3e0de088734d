"""`invoke run` against the local cloud, with real containers."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from deploy.errors import ConfigError, PreflightError
from deploy.events import Event, Failure, PhaseOutput
from deploy.oneoff import RunOptions, run
from tests.integration.local_cloud import eventually
from tests.integration.service.world import Deployed, Ended

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


def release(alone: Deployed, *, count: int = 0, **more: Any) -> str:
    """Deploy the probe such that another command can take its place."""
    container = alone.world.container(
        entryPoint=["env"],
        command=["python3", "-u", "/app.py"],
        environment=[{"name": "GREETING", "value": "from the release"}],
        **{"logConfiguration": alone.world.log_options(), **more},
    )
    definition = alone.world.register(container)
    alone.world.create(definition, desiredCount=count)
    alone.world.completed()
    return definition


def ran(
    alone: Deployed, *command: str, sleep: Callable[[float], None] = time.sleep, **asked: Any
) -> Ended:
    events: list[Event] = []
    options = RunOptions(command, "app", as_json=True, **{"timeout": 60, **asked})
    return Ended(run(alone.config, options, events.append, sleep=sleep), events)


def written(ended: Ended) -> list[str]:
    return [event.line for event in ended.of(PhaseOutput)]


def left(alone: Deployed) -> list[str]:
    """Return the tasks that run or should."""
    running = alone.world.tasks("RUNNING")
    stopping = [task for task in alone.world.tasks("STOPPED") if task["lastStatus"] != "STOPPED"]
    return [task["taskArn"] for task in (*running, *stopping)]


def test_its_lines_and_its_exit_code_come_back_with_no_task_of_the_service(
    alone: Deployed,
) -> None:
    release(alone)
    good = ran(alone, "sh", "-c", 'echo "hello $GREETING"; seq 1 500')
    assert good.code == 0
    assert written(good) == ["hello from the release", *(str(n + 1) for n in range(500))]
    assert good.finished.outcome == "succeeded"

    bad = ran(alone, "sh", "-c", "echo no; exit 3")
    assert (bad.code, written(bad)) == (3, ["no"])
    assert "exited with code 3" in bad.text
    assert left(alone) == []


def test_a_word_with_spaces_stays_one_word_and_silence_is_no_failure(alone: Deployed) -> None:
    release(alone)
    assert written(ran(alone, "printf", "%s|", "a b", "c")) == ["a b|c|"]
    assert ran(alone, "true").code == 0
    missing = ran(alone, "no-such-command")
    assert missing.code == 127
    assert "its command was not found" in missing.text


def test_it_says_who_started_it_and_leaves_the_service_alone(alone: Deployed) -> None:
    definition = release(alone, count=1)
    before = alone.world.service()["deployments"]
    assert ran(alone, "true").code == 0
    (task,) = [t for t in alone.world.tasks("STOPPED") if t.get("startedBy")]
    assert task["startedBy"].startswith("shipway/run/")
    assert task["taskDefinitionArn"] == definition
    after = alone.world.service()["deployments"]
    assert [each["id"] for each in after] == [each["id"] for each in before]


def test_ctrl_c_stops_the_task_and_leaves_none(alone: Deployed) -> None:
    release(alone)
    running = threading.Event()

    def sleep(seconds: float) -> None:
        """Ctrl-C as soon as the task runs, once."""
        if not running.is_set() and alone.world.tasks("RUNNING")[0]["lastStatus"] == "RUNNING":
            running.set()
            raise KeyboardInterrupt
        time.sleep(seconds)

    ended = ran(alone, "sleep", "300", sleep=sleep)
    assert (ended.code, ended.finished.outcome) == (130, "interrupted")
    assert left(alone) == []


def test_its_time_is_up(alone: Deployed) -> None:
    release(alone)
    ended = ran(alone, "sh", "-c", "echo begun; exec sleep 300", timeout=5)
    assert (ended.code, ended.finished.outcome) == (6, "timed out")
    assert "begun" in written(ended)
    assert left(alone) == []


def test_a_task_that_somebody_else_stops_has_failed(alone: Deployed) -> None:
    release(alone)
    codes: list[Ended] = []
    thread = threading.Thread(target=lambda: codes.append(ran(alone, "sleep", "300")))
    thread.start()
    task = eventually(lambda: alone.world.tasks("RUNNING"))[0]["taskArn"]
    alone.world.in_status(task, "RUNNING")
    alone.world.stop(task, "not now")
    thread.join(60)
    assert codes[0].code
    assert "stopped before it was done: not now" in codes[0].text


def test_a_task_that_cannot_start_is_a_failure_with_its_cause(alone: Deployed) -> None:
    gone = f"{alone.cloud.registry}/probe@sha256:{'0' * 64}"
    release(alone, image=gone)
    ended = ran(alone, "true")
    assert ended.code == 1
    (failure,) = ended.of(Failure)
    assert "could not start" in failure.message
    assert "registry" in failure.remedy
    assert left(alone) == []


def test_without_a_release_or_a_command_nothing_is_started(alone: Deployed) -> None:
    bootstrap = alone.world.container(image=f"{alone.cloud.registry}/probe:bootstrap")
    alone.world.create(alone.world.register(bootstrap), desiredCount=0)
    with pytest.raises(PreflightError, match="app has no release yet"):
        ran(alone, "true")
    with pytest.raises(ConfigError, match="no service web"):
        run(alone.config, RunOptions(("true",), "web"), lambda _: None)
    assert alone.world.tasks("STOPPED") == []
