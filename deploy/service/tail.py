"""Reading log groups: what they hold since a moment, and what comes. Nothing is written."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from typing import Any

from deploy.errors import PreflightError
from deploy.interrupt import held
from deploy.service.loglines import Line, line_of, only
from deploy.service.patient import Told, patiently
from deploy.service.poll import interval
from deploy.service.reorder import FAR, HOLD, Reorder, Seen, begin

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
PAGE = 10_000
# Looks a second at all groups together, of the ten that an account has in most regions:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LOOKS = 5
LATE = 1.0  # seconds by which `now` may be late: a server tells only whole ones


@dataclass(frozen=True)
class Tail:
    """The log groups of services, by the services' names, and how time goes.

    `now` is the server's time in seconds since the epoch, and never early; `jitter` from 0 to 1;
    `told` hears when AWS can't be read for a while.
    """

    logs: Any
    groups: Mapping[str, str]
    now: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    told: Told = lambda _: None

    def read(self, since: float, until: float | None = None) -> Iterator[Line]:
        """Yield the lines of all groups from `since` to `until` in the order of their times.

        Both in seconds since the epoch. Raises PreflightError for a group that is not there.
        """
        groups = [self._group(name, group, since, until) for name, group in self.groups.items()]
        return merge(*groups, key=lambda line: line.at)

    def _group(self, name: str, group: str, since: float, until: float | None) -> Iterator[Line]:
        asked: dict[str, Any] = {"logGroupName": group, "startTime": max(0, int(since * 1000))}
        if until is not None:
            asked["endTime"] = int(until * 1000)
        for event in self._events(asked):
            yield line_of(name, event)

    def _events(self, asked: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A page may be empty although there are more; one without a token is the last.

        An emulator may give none behind a full page: then it goes on from the page's last moment.
        """
        at_end: set[str] = set()
        while True:
            reply = self._ask(asked)
            fresh = [event for event in reply["events"] if event["eventId"] not in at_end]
            yield from fresh
            if token := reply.get("nextToken"):
                asked = {**asked, "nextToken": token}
                continue
            if len(reply["events"]) < PAGE or not fresh:
                return
            last = fresh[-1]["timestamp"]
            at_end = {each["eventId"] for each in reply["events"] if each["timestamp"] == last}
            asked = {**asked, "startTime": last}
            asked.pop("nextToken", None)

    def _ask(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        from botocore.exceptions import ClientError

        def read() -> Mapping[str, Any]:  # AWS always interleaves the streams, emulators if asked
            reply: Mapping[str, Any] = self.logs.filter_log_events(
                limit=PAGE, interleaved=True, **asked
            )
            return reply

        try:
            return patiently(
                read, clock=self.now, sleep=self.sleep, jitter=self.jitter, told=self.told
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise _no_group(asked["logGroupName"]) from error
            raise

    def last(self, since: float, *, lines: int | None = None, text: str = "") -> Iterator[Line]:
        """Yield the lines since then that have the text; only the last so many of them."""
        found = only(self.read(since, self.now()), text)
        return found if lines is None else iter(deque(found, maxlen=lines))

    def follow(
        self,
        show: Callable[[Line], None],
        since: float,
        *,
        lines: int | None = None,
        text: str = "",
        hold: int = HOLD,
    ) -> None:
        """Show the lines that `last` gives, and then those that come, until it is interrupted.

        `hold` is the window, in milliseconds, in which they are put in order; what waits in it at
        the end is shown too.
        """
        order, seen = Reorder(hold), Seen()
        try:
            for found in self._looks(since, lines, text, seen):
                order.add(found)
                _show(order.ready(self.now() - LATE), show)
        except KeyboardInterrupt:
            _show(order.rest(), show)

    def _looks(
        self, since: float, lines: int | None, text: str, seen: Seen
    ) -> Iterator[list[Line]]:
        """Yield the new lines of look after look, and sleep in between."""
        began = self.now()
        yield self._history(since, lines, text, seen, began)
        looks = quiet = 0
        while True:
            self.sleep(max(interval(quiet, self.jitter()), len(self.groups) / LOOKS))
            looks += 1
            start = max(since, begin(began, looks))
            began = self.now()
            fresh = [line for line in self.read(start) if seen.fresh(line)]
            seen.forget(int((began - FAR) * 1000))
            quiet = 0 if fresh else quiet + 1
            yield list(only(fresh, text))

    def _history(
        self, since: float, lines: int | None, text: str, seen: Seen, began: float
    ) -> list[Line]:
        """Only what a later look can find again is noted as seen."""
        recent = int((began - FAR) * 1000)
        kept: deque[Line] = deque(maxlen=lines)
        for line in self.read(since):
            if line.at >= recent:
                seen.fresh(line)
            kept.extend(only([line], text))
        return list(kept)


def _show(lines: Iterator[Line], show: Callable[[Line], None]) -> None:
    """An interrupt comes between two lines: it cuts none, and none is lost on its way."""
    while True:
        with held():
            line = next(lines, None)
            if line is None:
                return
            show(line)


def _no_group(name: str) -> PreflightError:
    return PreflightError(
        f"there is no log group {name}",
        remedy="Terraform makes it: `invoke infra.apply`",
    )
