"""Runs a task beside a service to its end, and leaves none behind."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deploy.errors import ShipwayError, ToolError
from deploy.events import Note, PhaseProgress
from deploy.outcome import Outcome
from deploy.service.effects import Effects
from deploy.service.oneoff import Ended, LogPlace, ended
from deploy.service.patient import patiently

Reply = Mapping[str, Any]
T = TypeVar("T")

EVERY = 1.0  # seconds between two looks
# Behind StopTask: SIGKILL comes at most 120 seconds later on Fargate, and STOPPED soon after.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
STOP_SECONDS = 150.0
# DescribeTasks may not know a new task at once, nor GetLogEvents a task's last lines.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
UNKNOWN_SECONDS = 60.0
LAST_EVERY, LAST_LOOKS = 0.5, 4  # so many looks in a row without a line, after the end
INTERRUPTED = "interrupted: the task was stopped"


@dataclass
class RunTask:
    """One task of one request. `show` is called with each line that its container writes.

    With `asked`, such as `there` makes it, a task is followed that runs already.
    """

    effects: Effects
    request: Mapping[str, Any]
    container: str
    log: LogPlace | None
    show: Callable[[str], None]
    phase: str
    asked: "Future[Reply] | None" = None
    token: dict[str, str] = field(default_factory=dict)
    status: str = ""

    def run(self, timeout: float) -> Ended:
        """Start it and return how it ended, at the latest `timeout` seconds from now.

        Ctrl-C and the timeout stop the task. Raises ToolError if ECS does not start it; whatever
        is raised, it is stopped before.
        """
        deadline = self.effects.clock() + timeout
        try:
            self._start()
            task = self._until_stopped(deadline)
            if task is None:
                self._stop(f"not done within {timeout:g} seconds")
                reason = f"not done within {timeout:g} s: the task was stopped"
                return Ended(Outcome.TIMED_OUT.exit_code, reason, stopped=True)
            self._last_lines()
        except KeyboardInterrupt:
            self._stop("interrupted")
            return Ended(Outcome.INTERRUPTED.exit_code, INTERRUPTED, stopped=True)
        except BaseException:
            self._stop("its run was lost")
            raise
        return ended(task, self.container)

    @property
    def arn(self) -> str:
        """The task's ARN, "" if there is none."""
        if self.asked is None or not self.asked.done() or self.asked.exception():
            return ""
        return next((str(task["taskArn"]) for task in self.asked.result()["tasks"]), "")

    def _start(self) -> None:
        """An interrupt waits for the reply: without it nobody knows what has been started."""
        from botocore.exceptions import ClientError

        if self.asked:
            return
        with ThreadPoolExecutor(1, thread_name_prefix="run-task") as thread:
            self.asked = thread.submit(self.effects.ecs.run_task, **self.request)
            try:
                reply = self.asked.result()
            except ClientError as error:
                raise _refused(str(error)) from error
        if not self.arn:
            failures = reply.get("failures", [])
            raise _refused("; ".join(str(each.get("reason")) for each in failures))

    def _until_stopped(self, deadline: float) -> Reply | None:
        """Return the stopped task, None if it was not by then."""
        unknown = self.effects.clock() + UNKNOWN_SECONDS
        while True:
            task = self._look()
            self._lines()
            if task and task.get("lastStatus") == "STOPPED":
                return task
            now = self.effects.clock()
            if task is None and now >= unknown:
                raise ToolError(f"ECS does not know the task {self.arn} any more")
            if now >= deadline:
                return None
            self.effects.sleep(min(EVERY, deadline - now))

    def _look(self) -> Reply | None:
        cluster, arn = self.request["cluster"], self.arn
        reply = self._patiently(
            lambda: self.effects.ecs.describe_tasks(cluster=cluster, tasks=[arn])
        )
        task: Reply | None = next(iter(reply["tasks"]), None)
        status = str((task or {}).get("lastStatus", "")).lower()
        if status != self.status:
            self.status = status
            self.effects.emit(PhaseProgress(self.phase, status))
        return task

    def _lines(self) -> int:
        """Show the lines that are new; return how many they were."""
        found = 0
        while self.log and (reply := self._page(self.log)):
            for event in reply["events"]:
                self.show(str(event["message"]).rstrip("\r\n"))
            found += len(reply["events"])
            token = {"nextToken": reply["nextForwardToken"]}
            if (
                token == self.token
            ):  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
                break
            self.token = token
        return found

    def _page(self, log: LogPlace) -> Reply | None:
        """None while there is no stream: it comes with its first line."""
        from botocore.exceptions import ClientError

        asked = {"logGroupName": log.group, "logStreamName": log.stream(self.arn)}
        try:
            reply: Reply = self._patiently(
                lambda: self.effects.logs.get_log_events(**asked, startFromHead=True, **self.token)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return reply

    def _last_lines(self) -> None:
        quiet = 0
        while self.log and quiet < LAST_LOOKS:
            quiet = 0 if self._lines() else quiet + 1
            self.effects.sleep(LAST_EVERY)

    def _stop(self, why: str) -> None:
        """Stop the task and wait until it is: another Ctrl-C ends the waiting, not the stopping."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not self.arn:
            return
        cluster, effects = self.request["cluster"], self.effects
        try:
            effects.ecs.stop_task(cluster=cluster, task=self.arn, reason=f"shipway: {why}")
        except (BotoCoreError, ClientError) as error:
            how = f"aws ecs stop-task --cluster {cluster} --task {self.arn}"
            effects.emit(Note(f"the task could not be stopped ({error}); do so: {how}", "warning"))
            return
        with suppress(KeyboardInterrupt, BotoCoreError, ClientError, ShipwayError):
            self._until_stopped(effects.clock() + STOP_SECONDS)
            self._last_lines()

    def _patiently(self, read: Callable[[], T]) -> T:
        effects = self.effects
        return patiently(read, clock=effects.clock, sleep=effects.sleep, jitter=effects.jitter)


def there(arn: str) -> "Future[Reply]":
    """Return what RunTask would have replied for a task that runs already."""
    reply = Future[Reply]()
    reply.set_result({"tasks": [{"taskArn": arn}]})
    return reply


def _refused(why: str) -> ToolError:
    return ToolError(
        f"ECS did not start the task: {why}",
        remedy="the message names the permission, the size or the capacity that is missing",
    )
