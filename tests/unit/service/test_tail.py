"""Reading log groups while AWS throttles, pages are empty and tasks are replaced.

The log groups are a fake with a clock: what is in them comes at its own time.
"""

import os
import signal
from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.errors import PreflightError
from deploy.service import tail
from deploy.service.loglines import Line
from deploy.service.tail import Tail
from tests.unit.service.world import Clock, refusal

HOUR = 3_600.0


@dataclass
class Groups:
    """FilterLogEvents over events (group, task, seconds written, seconds found, message)."""

    clock: Clock
    events: list[tuple[str, str, float, float, str]] = field(default_factory=list)
    page: int = 100
    tokens: bool = True
    faults: list[Exception] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def write(self, message: str, at: float, *, task: str = "a", late: float = 0) -> None:
        self.events.append(("/api", task, at, at + late, message))

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.faults:
            raise self.faults.pop(0)
        if asked["logGroupName"].endswith("gone"):
            raise refusal("ResourceNotFoundException")
        found = [
            self._event(number, *event)
            for number, event in enumerate(self.events)
            if event[0] == asked["logGroupName"] and event[3] <= self.clock.now
        ]
        end = asked.get("endTime", float("inf"))
        found = [each for each in found if asked["startTime"] <= each["timestamp"] <= end]
        found.sort(key=lambda each: each["timestamp"])
        return self._page(found, int(asked.get("nextToken", 0)))

    @staticmethod
    def _event(n: int, group: str, task: str, at: float, _: float, message: str) -> dict[str, Any]:
        stream = f"{group}/{task}"
        return {
            "timestamp": int(at * 1000),
            "message": message,
            "logStreamName": stream,
            "eventId": str(n),
        }

    def _page(self, found: list[dict[str, Any]], start: int) -> dict[str, Any]:
        end = start + self.page
        token = {"nextToken": str(end)} if self.tokens and end < len(found) else {}
        return {"events": found[start:end], **token}


@pytest.fixture
def clock() -> Clock:
    return Clock(HOUR)


@pytest.fixture
def groups(clock: Clock) -> Groups:
    return Groups(clock)


def tailed(groups: Groups, *names: str, told: list[Exception] | None = None) -> Tail:
    clock = groups.clock
    where = {name: f"/{name}" for name in names or ("api",)}
    heard = told if told is not None else []
    return Tail(groups, where, clock, clock.sleep, lambda: 0.5, heard.append)


def followed(groups: Groups, until: float, since: float = HOUR - 600, **more: Any) -> list[str]:
    """Follow until a moment, as a person does who then presses Ctrl-C."""
    shown: list[str] = []
    clock = groups.clock

    def sleep(seconds: float) -> None:
        if clock.now >= until:
            raise KeyboardInterrupt
        clock.sleep(seconds)

    reader = tailed(groups, told=more.pop("told", None))
    Tail(groups, reader.groups, clock, sleep, reader.jitter, reader.told).follow(
        lambda line: shown.append(line.message), since, **more
    )
    return shown


def test_the_lines_of_several_groups_are_merged_in_time(groups: Groups) -> None:
    groups.write("one", 10)
    groups.events.append(("/worker", "w", 11, 11, "two"))
    groups.write("three", 12)
    found = list(tailed(groups, "api", "worker").last(0))
    assert [(line.service, line.message) for line in found] == [
        ("api", "one"),
        ("worker", "two"),
        ("api", "three"),
    ]


def test_only_the_last_lines_that_have_the_text_are_shown(groups: Groups) -> None:
    for number in range(20):
        groups.write(f"{'even' if number % 2 == 0 else 'odd'} {number}", number)
    found = tailed(groups).last(0, lines=2, text="EVEN")
    assert [line.message for line in found] == ["even 16", "even 18"]


def test_every_page_is_read_also_behind_one_that_is_empty(groups: Groups) -> None:
    replies: list[dict[str, Any]] = [
        {"events": [], "nextToken": "1"},
        {"events": [Groups._event(1, "/api", "a", 1, 1, "late page")]},
    ]
    groups.filter_log_events = lambda **_: replies.pop(0)  # type: ignore[method-assign]
    assert [line.message for line in tailed(groups).last(0)] == ["late page"]


def test_a_full_page_without_a_token_is_not_the_end(
    groups: Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "PAGE", 10)
    groups.page, groups.tokens = 10, False
    for number in range(35):
        groups.write(str(number), number // 4)  # four in each moment
    assert [line.message for line in tailed(groups).last(0)] == [str(n) for n in range(35)]


def test_a_missing_group_is_told_with_what_makes_it(groups: Groups) -> None:
    with pytest.raises(PreflightError, match="no log group /gone") as refused:
        list(tailed(groups, "gone").last(0))
    assert "infra.apply" in refused.value.remedy


def test_throttling_is_outlived_and_told_once(groups: Groups) -> None:
    groups.write("here", 1)
    groups.faults = [refusal("ThrottlingException")] * 5
    told: list[Exception] = []
    assert [line.message for line in tailed(groups, told=told).last(0)] == ["here"]
    assert len(told) == 1


def test_a_refusal_is_not_asked_again(groups: Groups) -> None:
    groups.faults = [refusal("AccessDeniedException")]
    with pytest.raises(Exception, match="AccessDenied"):
        list(tailed(groups).last(0))
    assert len(groups.asked) == 1


def test_throttled_for_ever_it_gives_up(groups: Groups) -> None:
    groups.faults = [refusal("ThrottlingException")] * 100
    with pytest.raises(Exception, match="Throttling"):
        list(tailed(groups).last(0))
    assert groups.clock.now < HOUR + 200


def test_following_shows_history_and_what_comes_each_once(groups: Groups) -> None:
    groups.write("before", HOUR - 700)
    groups.write("history", HOUR - 60)
    for second in range(60):
        groups.write(f"new {second}", HOUR + second, task="ab"[second % 2], late=second % 5)
    shown = followed(groups, HOUR + 80)
    assert shown == ["history", *(f"new {second}" for second in range(60))]


def test_tasks_that_are_replaced_interleave(groups: Groups) -> None:
    expected = []
    for second in range(30):
        for task in ("old-1", "old-2") if second < 15 else ("new-1", "new-2"):
            groups.write(f"{task} {second}", HOUR + second, task=task, late=3)
            expected.append(f"{task} {second}")
    assert followed(groups, HOUR + 60) == expected


def test_a_line_that_comes_a_minute_late_is_not_lost(groups: Groups) -> None:
    groups.write("late", HOUR + 5, late=60)
    groups.write("in time", HOUR + 10)
    assert followed(groups, HOUR + 200) == ["in time", "late"]


def test_no_line_is_lost_or_doubled_while_aws_throttles(groups: Groups) -> None:
    for second in range(100):
        groups.write(str(second), HOUR + second)
    groups.faults = [refusal("ThrottlingException")] * 4
    shown = followed(groups, HOUR + 130)
    assert shown == [str(second) for second in range(100)]


def test_lines_that_history_leaves_out_do_not_come_later(groups: Groups) -> None:
    for second in range(20):
        groups.write(str(second), HOUR - 20 + second)
    groups.write("new", HOUR + 3)
    assert followed(groups, HOUR + 30, lines=2) == ["18", "19", "new"]
    assert followed(groups, HOUR + 60, lines=0) == []


def test_following_filters_and_ends_with_what_still_waits(groups: Groups) -> None:
    groups.write("noise", HOUR + 1)
    groups.write("error now", HOUR + 2)
    assert followed(groups, HOUR + 3, text="error") == ["error now"]


def test_ctrl_c_while_lines_are_shown_loses_and_doubles_none(groups: Groups) -> None:
    written = [f"line {number}" for number in range(20)]
    for message in written:
        groups.write(message, HOUR - 60)
    shown: list[str] = []

    def show(line: Line) -> None:
        if line.message == "line 7":
            os.kill(os.getpid(), signal.SIGINT)
        shown.append(line.message)

    tailed(groups).follow(show, HOUR - 600)
    assert shown == written
