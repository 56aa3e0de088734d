"""Log groups as `invoke logs` reads them, on any cloud that has CloudWatch Logs."""

import random
import threading
import time
import uuid
from collections.abc import Iterator

import pytest

from deploy.errors import PreflightError
from deploy.logs import LOCAL_HOLD
from deploy.service.loglines import Line
from deploy.service.tail import PAGE, Tail
from tests.integration.local_cloud import Cloud, eventually

STREAMS = ("backend/backend/1111", "backend/backend/2222")
TOGETHER = 60  # lines


class Group:
    """A log group with the streams of two tasks."""

    def __init__(self, cloud: Cloud) -> None:
        self.logs, self.name = cloud.client("logs"), f"/ecs/{uuid.uuid4().hex}"
        self.logs.create_log_group(logGroupName=self.name)
        for stream in STREAMS:
            self.logs.create_log_stream(logGroupName=self.name, logStreamName=stream)

    def say(self, task: int, *lines: tuple[float, str]) -> None:
        """Write lines, each with its time in seconds since the epoch, as a task's log driver."""
        self.logs.put_log_events(
            logGroupName=self.name,
            logStreamName=STREAMS[task],
            logEvents=[{"timestamp": int(at * 1000), "message": text} for at, text in lines],
        )


@pytest.fixture
def group(cloud: Cloud) -> Iterator[Group]:
    made = Group(cloud)
    yield made
    made.logs.delete_log_group(logGroupName=made.name)


def tail(*groups: Group) -> Tail:
    named = {f"service{number}": group.name for number, group in enumerate(groups)}
    return Tail(groups[0].logs, named, time.time, time.sleep, random.random)


def texts(lines: Iterator[Line]) -> list[str]:
    return [line.message for line in lines]


def test_the_lines_of_two_tasks_are_in_the_order_of_time(group: Group) -> None:
    now = time.time() - 10
    group.say(0, (now, "one"), (now + 2, "three"))
    group.say(1, (now + 1, "two"), (now + 3, "four"))
    eventually(lambda: len(texts(tail(group).read(now))) == 4)
    found = list(tail(group).read(now))
    assert [line.message for line in found] == ["one", "two", "three", "four"]
    assert [line.task for line in found] == ["1111", "2222", "1111", "2222"]


def test_two_services_are_merged(cloud: Cloud, group: Group) -> None:
    other, now = Group(cloud), time.time() - 10
    group.say(0, (now, "of one"), (now + 2, "of one again"))
    other.say(0, (now + 1, "of the other"))
    both = tail(group, other)
    assert eventually(lambda: len(texts(both.read(now))) == 3 and texts(both.read(now))) == [
        "of one",
        "of the other",
        "of one again",
    ]
    assert [line.service for line in both.read(now)] == ["service0", "service1", "service0"]


def test_only_what_is_asked_for(group: Group) -> None:
    now = time.time() - 10
    group.say(0, *((now + n / 10, f"line {n}") for n in range(9)))
    whole = tail(group)
    eventually(lambda: len(texts(whole.read(now))) == 9)
    assert texts(whole.read(now + 0.75)) == ["line 8"]
    assert texts(whole.last(now, lines=2)) == ["line 7", "line 8"]
    assert texts(whole.last(now, text="line 3")) == ["line 3"]


def test_more_than_a_page(group: Group) -> None:
    now, count = time.time() - 60, PAGE + 500
    for start in range(0, count, PAGE):
        batch = range(start, min(start + PAGE, count))
        group.say(0, *((now + n / 1000, str(n)) for n in batch))
    wanted = [str(n) for n in range(count)]
    assert eventually(lambda: (found := texts(tail(group).read(now))) == wanted and found)


def test_a_group_that_is_not_there_is_told_with_what_makes_it(group: Group) -> None:
    missing = Tail(group.logs, {"api": "/ecs/nowhere"}, time.time, time.sleep, random.random)
    with pytest.raises(PreflightError, match="no log group /ecs/nowhere") as caught:
        texts(missing.read(0))
    assert "infra.apply" in caught.value.remedy


def test_lines_that_come_are_shown_once_and_in_order(group: Group) -> None:
    """Two tasks write in turn, the second one's lines a little late, as log drivers are."""
    shown: list[Line] = []

    def write() -> None:
        for number in range(0, TOGETHER, 2):
            at = time.time()
            group.say(1, (at + 0.001, str(number + 1)))
            group.say(0, (at, str(number)))
            time.sleep(0.05)  # what is watched is a program that writes

    def show(line: Line) -> None:
        shown.append(line)
        if len(shown) == TOGETHER:
            raise KeyboardInterrupt

    writer = threading.Thread(target=write)
    began = time.time()
    writer.start()
    tail(group).follow(show, began - 1, hold=LOCAL_HOLD)
    writer.join()
    assert [line.message for line in shown] == [str(number) for number in range(TOGETHER)]
