"""`invoke logs` against the local cloud: tasks that write, are replaced, and write no more."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import pytest

from deploy.errors import ConfigError, PreflightError
from deploy.logs import LogOptions, logs, options
from tests.integration.cloud.ecs.world import Json
from tests.integration.local_cloud import eventually
from tests.integration.service.world import Deployed

pytestmark = [pytest.mark.ecs, pytest.mark.docker]

# Ten lines a second, until it is told to end.
COUNT = "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo {name} $n; sleep 0.1; done"


def revision(alone: Deployed, script: str, **more: Any) -> str:
    """Register a container that runs a script and logs."""
    container = alone.world.container(
        entryPoint=["/bin/sh", "-c"],
        command=[script],
        portMappings=None,
        logConfiguration=alone.world.log_options(),
        **more,
    )
    return alone.world.register(container)


class Following:
    """`invoke logs --follow --json` in a thread; `stop` is its Ctrl-C."""

    def __init__(self, alone: Deployed, **asked: Any) -> None:
        self.stream, self.over = io.StringIO(), threading.Event()
        self.code: int | None = None
        self.asked = LogOptions(follow=True, as_json=True, **asked)
        self.thread = threading.Thread(target=self._run, args=(alone,))

    def _run(self, alone: Deployed) -> None:
        self.code = logs(alone.config, self.asked, stream=self.stream, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        if self.over.wait(min(seconds, 0.5)):
            raise KeyboardInterrupt

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def until(self, condition: Callable[[list[Json]], object]) -> None:
        eventually(lambda: condition(self.lines), 30)


@contextmanager
def following(alone: Deployed, **asked: Any) -> Iterator[Following]:
    run = Following(alone, **asked)
    run.thread.start()
    try:
        yield run
    finally:
        run.over.set()
        run.thread.join(30)
    assert run.code == 0


def found(alone: Deployed, **asked: Any) -> list[Json]:
    stream = io.StringIO()
    assert logs(alone.config, LogOptions(as_json=True, **asked), stream=stream) == 0
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_lines_of_two_tasks_interleave_while_a_rollout_replaces_both(alone: Deployed) -> None:
    world = alone.world
    world.create(revision(alone, COUNT.format(name="old")), desiredCount=2)
    world.completed()
    with following(alone, lines=None) as follow:
        follow.until(lambda lines: len({line["task"] for line in lines}) == 2)
        world.update(taskDefinition=revision(alone, COUNT.format(name="new")))
        world.completed()
        follow.until(lambda lines: len({line["task"] for line in lines}) == 4)
    lines = follow.lines

    times = [line["time"] for line in lines]
    assert times == sorted(times)
    lines.sort(key=lambda line: line["task"])
    for _, written in groupby(lines, lambda line: line["task"]):
        messages = [line["message"] for line in written]
        name = messages[0].split()[0]
        assert messages == [f"{name} {n + 1}" for n in range(len(messages))]
    assert {line["service"] for line in lines} == {"app"}


def test_what_was_written_is_shown_filtered_and_cut(alone: Deployed) -> None:
    alone.world.finish(revision(alone, "for n in 1 2 3; do echo good $n; echo BAD $n; done"))
    assert len(found(alone)) == 6
    assert [line["message"] for line in found(alone, text="bad", lines=2)] == ["BAD 2", "BAD 3"]
    assert found(alone, since="2030-01-01") == []
    stream = io.StringIO()
    logs(alone.config, LogOptions(("app",), lines=1), stream=stream)
    assert stream.getvalue() == "BAD 3\n"


def test_what_is_not_there_is_refused_with_the_remedy(alone: Deployed) -> None:
    with pytest.raises(ConfigError, match="no service web"):
        logs(alone.config, LogOptions(("web",)))
    with pytest.raises(ConfigError, match="--since yesterday is no time"):
        logs(alone.config, options("", "yesterday", "", "", follow=False, as_json=False))
    with pytest.raises(ConfigError, match="--lines few is no number"):
        options("", "", "few", "", follow=False, as_json=False)
    with pytest.raises(PreflightError, match="there is no log group"):
        logs(alone.config, LogOptions())
