"""What changes a running service without a new release: `invoke scale`, `restart` and `abort`.

Each plans first and is followed to its proven end. Scaling and restarting hold the environment's
lock and are recorded; an abort does neither, because the deploy that it ends holds the lock, and
its record tells how it ended.
"""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import random
from typing import TYPE_CHECKING, Any

from deploy.applying import Applying
from deploy.aws import Aws
from deploy.command import NOTHING, conclude, confirm, planned
from deploy.config.model import Config
from deploy.environment import find_service, read_target, service_place
from deploy.errors import ConfigError
from deploy.events import Change, Emit, Failure, Finished, Note, PlanShown
from deploy.outcome import Outcome
from deploy.release.record import Kind
from deploy.service.effects import Effects
from deploy.service.operation import AbortPlan, ScalePlan, Wanted
from deploy.service.plan import ServicePlan, ServiceState, revision

if TYPE_CHECKING:
    from deploy.service.settle import Settle, Settled
    from deploy.target import ServiceTarget, Target

LOOK = "see how it does: `invoke status`"


@dataclass(frozen=True)
class OperateOptions:
    """What the three have in common. `timeout` in seconds, `wait` for another's lock too."""

    service: str = "backend"
    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    wait: float = 0


def wanted(count: str, minimum: str, maximum: str) -> Wanted:
    """Return what the options of `invoke scale` say; "" is an option that was not given.

    Raises ConfigError for what is no number of tasks.
    """
    if not (count or minimum or maximum):
        raise ConfigError("nothing is wanted", remedy="give --count, or --min and --max")
    options = (("--count", count), ("--min", minimum), ("--max", maximum))
    return Wanted(*(_whole(option, text) for option, text in options))


def _whole(option: str, text: str) -> int | None:
    """Invoke would end in a traceback for a number that is not one."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal():
        raise ConfigError(f"{option} {text} is no number of tasks", remedy=f"such as {option} 3")
    return int(text)


def scale(config: Config, options: OperateOptions, wanted: Wanted, emit: Emit) -> int:
    """Bring a service to a number of tasks, and its autoscaling to other bounds.

    Returns the exit code of the outcome. Raises ConfigError or PreflightError, as `plan_scale`
    does, before anything is written; ToolError if AWS refuses.
    """
    operation = Operation(config, options, emit, "scale")
    plan = operation.plan_scale(wanted)
    title = f"scale {options.service} in {config.environment.name}"
    if operation.agreed(title, plan.changes, plan.notes):
        with operation.locked() as moved:
            operation.scale(operation.plan_scale(wanted) if moved else plan)
    return operation.end()


def restart(config: Config, options: OperateOptions, emit: Emit) -> int:
    """Replace each task of a service by a new one of the same revision, rolled out as a release.

    Returns the exit code of the outcome; raises as `scale` does.
    """
    operation = Operation(config, options, emit, "restart")
    plan = operation.plan_restart()
    title = f"restart {options.service} in {config.environment.name}"
    if operation.agreed(title, plan.changes):
        with operation.locked() as moved:
            operation.restart(operation.plan_restart() if moved else plan)
    return operation.end()


def abort(config: Config, options: OperateOptions, emit: Emit) -> int:
    """End the rollout in progress, whoever began it, so that what ran before serves again.

    Returns 0 if it was rolled back, or if nothing was to abort; raises as `scale` does.
    """
    operation = Operation(config, options, emit)
    plan = operation.plan_abort()
    title = f"abort the rollout of {options.service} in {config.environment.name}"
    if operation.agreed(title, plan.changes, nothing="nothing to abort"):
        operation.abort(plan)
    return operation.end()


class Operation:
    """One change of one service: its configuration, clients and clock, and how it ended."""

    def __init__(
        self,
        config: Config,
        options: OperateOptions,
        emit: Emit,
        kind: Kind | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config, self.options = config, options
        self.clock, self.sleep = clock, sleep
        self.applying = Applying(config, kind, emit, options.wait) if kind else None
        self.emit = self.applying.emit if self.applying else emit
        self.started = clock()
        self.aws = Aws(config)
        self.ended = Finished("", 0, 0)
        find_service(config, options.service)
        self.aws.check_account()
        self.target: Target = read_target(self.aws)
        self.place: ServiceTarget = service_place(self.target, options.service)
        if self.applying:
            self.applying.look(self.aws, self.target)

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the lock and keep a record while the block runs, if this operation has them.

        Yields whether another run changed the environment since the plan was made. The record
        names no service: none runs another revision afterwards.
        """
        if self.applying is None:
            yield False
            return
        with self.applying.change(self.target, [self.aws], {}, {}) as moved:
            yield moved
            self.applying.finish(self.ended)

    @property
    def ecs(self) -> Any:
        return self.aws.client("ecs")

    @property
    def _autoscaling(self) -> Any:
        return self.aws.client("application-autoscaling")

    def _state(self) -> ServiceState:
        from deploy.service.describe import read_states

        return read_states(self.ecs, self.target, [self.place.name])[self.place.name]

    def plan_scale(self, wanted: Wanted) -> ScalePlan:
        """Read how the service is scaled and return what would change. Nothing is written."""
        from deploy.service.operation import plan_scale
        from deploy.service.scaling import read_bounds

        bounds = read_bounds(self._autoscaling, self.target.cluster, [self.place])
        return plan_scale(self.place, self._state(), bounds.get(self.place.name), wanted)

    def plan_restart(self) -> ServicePlan:
        """Return how the running revision would be rolled out again. Nothing is written."""
        from deploy.service.operation import plan_restart

        return plan_restart(self.place, self._state())

    def plan_abort(self) -> AbortPlan:
        """Return how the rollout in progress would be ended. Nothing is written."""
        from deploy.service.operation import plan_abort
        from deploy.service.settle import read_ongoing

        ongoing = read_ongoing(self.ecs, self.target.cluster, self.place.service)
        return plan_abort(self.place, self._state(), ongoing)

    def agreed(
        self,
        title: str,
        changes: tuple[Change, ...],
        notes: Collection[str] = (),
        *,
        nothing: str = NOTHING,
    ) -> bool:
        """Show a plan; return whether it is to be carried out, else note how the command ends."""
        self.emit(PlanShown(title, changes))
        for note in notes:
            self.emit(Note(note, "warning"))
        if self.options.plan_only:
            self._end("planned", summary=planned(changed=bool(changes)))
        elif not changes:
            self._end(Outcome.UNCHANGED.label, summary=nothing)
        else:
            confirm(self.config, f"this plan for {self.place.name}", yes=self.options.yes)
            return True
        return False

    def scale(self, plan: ScalePlan) -> None:
        """Carry the plan out and note how it ended."""
        digests = self._digests(plan.digest)
        settled = self._settle("scale").scale(plan, self._autoscaling, digests)
        proven = f", {_tasks(len(settled.tasks))} proven to run" * bool(settled.tasks)
        self._settled(settled, f"{plan.before} to {plan.count} tasks{proven}", ok=Outcome.SUCCEEDED)

    def abort(self, plan: AbortPlan) -> None:
        """Carry the plan out and note how it ended."""
        settled = self._settle("abort").abort(plan)
        again = f"what ran before serves again, on {_tasks(len(settled.tasks))}"
        self._settled(settled, "nothing runs" if plan.withdraw else again, ok=Outcome.ROLLED_BACK)

    def restart(self, plan: ServicePlan) -> None:
        """Carry the plan out and note how it ended."""
        from deploy.service import rollout

        result = rollout.apply(
            plan,
            self.target,
            ecs=self.ecs,
            logs=self.aws.client("logs"),
            elbv2=self.aws.client("elbv2"),
            emit=self.emit,
            clock=self.clock,
            sleep=self.sleep,
            timeout=self.options.timeout,
            children=self._digests(plan.digest),
        )
        if result.cause:
            self.emit(result.cause)
        what = f"{self.place.name} {revision(result.task_definition_arn)}"
        proven = f": {_tasks(len(result.tasks))} started anew" * bool(result.tasks)
        self._end(
            result.outcome.label,
            exit_code=result.outcome.exit_code,
            summary=f"{what}{proven}",
            next_step=result.next_step or LOOK,
        )

    def _digests(self, digest: str | None) -> tuple[str, ...]:
        """Return the digests that a running task may report: an index stands for its manifests."""
        from deploy.image.registry import children

        if digest is None:
            return ()
        return (digest, *children(self.aws.client("ecr"), self.place.repository, digest))

    def _settle(self, phase: str) -> "Settle":
        from deploy.service.settle import Settle

        clients = (self.ecs, self.aws.client("logs"))
        effects = Effects(
            *clients, self.emit, self.clock, self.sleep, random, elbv2=self.aws.client("elbv2")
        )
        return Settle(self.place, self.target.cluster, effects, self.options.timeout, phase)

    def _settled(self, settled: "Settled", summary: str, *, ok: Outcome) -> None:
        good = settled.outcome is ok
        if not good:
            self.emit(Failure(f"{self.place.name}: {settled.reason}", (), LOOK))
        self._end(
            settled.outcome.label,
            exit_code=0 if good else settled.outcome.exit_code,
            summary=f"{self.place.name}: {summary}" if good else self.place.name,
            next_step=LOOK,
        )

    def _end(
        self, outcome: str, *, exit_code: int = 0, summary: str = "", next_step: str = ""
    ) -> None:
        urls = {self.place.name: self.place.url} if self.place.url else {}
        seconds = self.clock() - self.started
        self.ended = Finished(outcome, exit_code, seconds, summary, urls, next_step)

    def end(self) -> int:
        """Tell how the command ended and return its exit code."""
        return conclude(self.emit, self.ended)


def _tasks(count: int) -> str:
    return f"{count} task{'s'[: count != 1]}"
