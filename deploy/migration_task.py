"""One migration as a task beside a service: run to its end, one at a time, lines kept for the end.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.errors import ToolError
from deploy.events import Failure, Note, PhaseEnded, PhaseOutput, PhaseStarted
from deploy.outcome import Outcome
from deploy.service.effects import Effects
from deploy.service.loglines import plain
from deploy.service.oneoff import Ended, OneOff, log_place, request_of
from deploy.service.runtask import RunTask, there

Reply = Mapping[str, Any]

LINES = 40  # of a failed migration that are told again: a traceback and what led to it
# The timeout is a failure of the migration: nothing goes on, as a rollout's would.
CODES = {Outcome.INTERRUPTED.exit_code: Outcome.INTERRUPTED}


@dataclass(frozen=True)
class Migrated:
    """How a migration ended, and the last lines that it wrote."""

    ended: Ended
    lines: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if self.ended.code == 0:
            return Outcome.SUCCEEDED
        own = CODES.get(self.ended.code, Outcome.FAILED)
        return own if self.ended.stopped else Outcome.FAILED

    @property
    def why(self) -> str:
        """Return why it did not succeed, in a few words."""
        return self.ended.reason or f"exited with code {self.ended.code}"

    def failure(self, service: str, remedy: str) -> Failure:
        """Return what is told of a migration that did not succeed."""
        advice = "; ".join(text for text in (self.ended.advice, remedy) if text)
        return Failure(f"{service}: the migration did not succeed: {self.why}", self.lines, advice)


def started_by(service: str) -> str:
    """Return what a service's migrations are started by, whoever does it."""
    return f"shipway/migrate/{service}"


@dataclass
class MigrationTask:
    """A service's migrations on one cluster. `timeout` in seconds is of each."""

    effects: Effects
    cluster: str
    service: str
    timeout: float

    @property
    def phase(self) -> str:
        return f"migrate {self.service}"

    def run(self, definition: Reply, state: Reply, words: tuple[str, ...]) -> Migrated:
        """Run `words` on a task definition, as DescribeTaskDefinition has it, and return the end.

        `state` is the service's entry of DescribeServices. The phase is told, and each line. One
        that an earlier run left behind is waited for first. Raises LockLostError before a write if
        the lock is another run's.
        """
        arn = str(definition["taskDefinitionArn"])
        own, wanted = started_by(self.service), OneOff(words)
        asked = request_of(self.cluster, self.service, arn, state, wanted, name=own)
        began, emit = self.effects.clock(), self.effects.emit
        emit(PhaseStarted(self.phase, f"{' '.join(words)}, on {arn.rpartition('/')[2]}"))
        migrated = self._earlier(definition) or self._one(definition, asked)
        ok = migrated.outcome is Outcome.SUCCEEDED
        detail = "succeeded" if ok else migrated.why
        emit(PhaseEnded(self.phase, ok, self.effects.clock() - began, detail))
        return migrated

    def _earlier(self, definition: Reply) -> Migrated | None:
        """Wait for what a run that was cut off has started, however it ends; None: go on."""
        for arn in self._left():
            note = f"a migration of a run that was cut off goes on: waiting for {arn}"
            self.effects.emit(Note(note, "warning"))
            migrated = self._one(definition, {"cluster": self.cluster}, arn)
            if migrated.ended.stopped:
                return migrated
        return None

    def _left(self) -> Iterator[str]:
        """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html"""
        name = started_by(self.service)
        reply = self.effects.ecs.list_tasks(cluster=self.cluster, startedBy=name)
        yield from reply["taskArns"]

    def _one(self, definition: Reply, asked: Reply, running: str = "") -> Migrated:
        lines = deque[str](maxlen=LINES)

        def show(message: str) -> None:
            for line in plain(message):
                lines.append(line)
                self.effects.emit(PhaseOutput(self.phase, line, kept=True))

        log = log_place(definition, self.service)
        task = RunTask(self.effects, asked, self.service, log, show, self.phase)
        task.asked = there(running) if running else None
        try:
            ended = task.run(self.timeout)
        except ToolError as error:
            ended = Ended(1, error.message, error.remedy)
        return Migrated(ended, tuple(lines))
