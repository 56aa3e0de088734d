"""Carrying out a service plan: register, update, follow, prove, or say why not.

On TIMED_OUT and INTERRUPTED the rollout itself goes on: ECS ends it, one way or the other. A first
release that fails is scaled to zero again, so that nothing pretends to run.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from random import random
from typing import Any

from deploy.events import Emit, Failure, Note, PhaseEnded, PhaseStarted
from deploy.outcome import Outcome
from deploy.service.cause import find_cause
from deploy.service.describe import find_service_deployment
from deploy.service.diff import Definition
from deploy.service.effects import Answer, Effects
from deploy.service.observation import seconds
from deploy.service.plan import ServicePlan, primary_of, revision
from deploy.service.proof import prove
from deploy.service.start import Start
from deploy.service.wait import PHASE, Wait
from deploy.service.watch import Watch, failure_budget
from deploy.target import Target


@dataclass(frozen=True)
class RolloutResult:
    """How it ended. `tasks` are the ARNs proven to run `digest`; `next_step` is a command or ""."""

    outcome: Outcome
    deployment_id: str
    task_definition_arn: str
    digest: str | None
    tasks: tuple[str, ...] = ()
    cause: Failure | None = None
    next_step: str = ""


def apply(
    plan: ServicePlan,
    target: Target,
    *,
    ecs: Any,
    logs: Any,
    emit: Emit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float,
    elbv2: Any = None,
    jitter: Callable[[], float] = random,
    ask: Callable[[], Answer] | None = None,
    children: Collection[str] = (),
) -> RolloutResult:
    """Carry out `plan` and follow its rollout for at most `timeout` seconds.

    `ecs`, `logs`, `elbv2` are boto3 clients; without the last the reasons of unhealthy targets are
    left out. `clock` returns seconds that never go back, `sleep` takes seconds, `jitter` returns 0
    to 1. `ask` is called at the first Ctrl-C of the wait; None = nobody is there. `children` are
    the digests of the manifests in the image index that the plan deploys, if it is one.

    Raises ConfigError if ECS would not take the definition, and ToolError if it refuses a write or
    can't be read any more.
    """
    effects = Effects(ecs, logs, emit, clock, sleep, jitter, ask, elbv2)
    if not plan.changed:
        return RolloutResult(Outcome.UNCHANGED, plan.primary, plan.running_arn, plan.digest)
    return _Rollout(plan, target, effects).run(timeout, children)


@dataclass(frozen=True)
class _Rollout:
    plan: ServicePlan
    target: Target
    effects: Effects

    @property
    def resume(self) -> str:
        return f"invoke deploy-backend --service {self.plan.name} --env {self.target.environment}"

    @property
    def start(self) -> Start:
        return Start(self.plan, self.target, self.effects, self.resume)

    @property
    def service(self) -> str:
        return self.start.service

    def run(self, timeout: float, children: Collection[str]) -> RolloutResult:
        started = self.effects.clock()
        arn = self.start.revision()
        self.effects.emit(PhaseStarted(PHASE, f"{self.plan.name} {revision(arn)}"))
        deployment = self.start.deployment(arn)
        if self._nothing_started(deployment):
            result = RolloutResult(Outcome.UNCHANGED, self.plan.primary, arn, self.plan.digest)
        else:
            watch = self._watch(deployment, arn, started + timeout)
            result = self._conclude(self._follow(watch), children)
        took = self.effects.clock() - started
        ok = result.outcome.exit_code == 0
        self.effects.emit(PhaseEnded(PHASE, ok, took, result.outcome.label))
        return result

    def _nothing_started(self, deployment: Definition) -> bool:
        """The PRIMARY deployment before and after the update are one, and it has ended."""
        same = deployment["id"] == self.plan.primary and not self.plan.follow
        return same and deployment.get("rolloutState") == "COMPLETED"

    def _watch(self, deployment: Definition, arn: str, deadline: float) -> Watch:
        return Watch(
            mine=deployment["id"],
            definition=arn,
            previous=self.plan.running_arn,
            created=seconds(deployment.get("createdAt")),
            deadline=deadline,
            budget=failure_budget(self.plan.expected),
            expected=self.plan.expected,
            first=self.plan.first,
            rollback=self.plan.rollback,
        )

    def _follow(self, watch: Watch) -> Watch:
        cluster = self.target.cluster
        return Wait(self.effects, cluster, self.service, watch, self.resume).follow()

    def _conclude(self, watch: Watch, children: Collection[str]) -> RolloutResult:
        if watch.result is Outcome.SUCCEEDED:
            return self._prove(watch, children)
        cause = self._cause(watch)
        if watch.result is Outcome.FAILED and self.plan.first:
            self.start.withdraw()
        goes_on = watch.result in (Outcome.INTERRUPTED, Outcome.TIMED_OUT)
        return self._result(watch, cause=cause, next_step=self.resume if goes_on else "")

    def _result(self, watch: Watch, **more: Any) -> RolloutResult:
        ended = watch.result or Outcome.FAILED
        return RolloutResult(ended, watch.mine, watch.definition, self.plan.digest, **more)

    def _cause(self, watch: Watch) -> Failure:
        if watch.result is Outcome.INTERRUPTED:
            return Failure(f"{self.plan.name}: {watch.reason}", (), self._goes_on(watch))
        place = self.target.services[self.plan.name]
        cause = find_cause(self.effects, self.target.cluster, place, self.plan.name, watch)
        if watch.result is Outcome.TIMED_OUT:
            return replace(cause, remedy=self._goes_on(watch))
        if watch.result is Outcome.SUPERSEDED:
            return replace(cause, remedy=f"if yours should run, run `{self.resume}` again")
        return cause

    def _prove(self, watch: Watch, children: Collection[str]) -> RolloutResult:
        """A success is one when the running tasks say so too."""
        if not self.plan.expected:
            self.effects.emit(Note("scaled to zero: no task runs, so nothing is proven", "warning"))
            return self._result(watch)
        proof = prove(
            self.effects,
            self.target.cluster,
            self.service,
            container=self.plan.name,
            definition=watch.definition,
            digests={str(self.plan.digest), *children},
        )
        if not proof.doubts:
            return self._result(watch, tasks=proof.tasks)
        primary = primary_of(self.start.describe()).get("id")
        ended = Outcome.FAILED if primary == watch.mine else Outcome.SUPERSEDED
        message = f"{self.plan.name}: ECS says it is deployed, but the tasks say otherwise"
        cause = Failure(message, proof.doubts, f"run `{self.resume}` again")
        return self._result(replace(watch, result=ended), tasks=proof.tasks, cause=cause)

    def _goes_on(self, watch: Watch) -> str:
        """How to carry on with, and how to stop, a rollout that nobody watches any more."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            arn = find_service_deployment(
                self.effects.ecs, self.target.cluster, self.service, watch
            )
        except (BotoCoreError, ClientError):
            arn = ""
        stop = (
            "aws ecs stop-service-deployment --stop-type ROLLBACK"
            f" --service-deployment-arn {arn or 'ARN'} --region {self.target.region}"
            f" --endpoint-url {self.effects.ecs.meta.endpoint_url}"
        )
        return f"the rollout goes on: `{self.resume}` follows it, `{stop}` rolls it back"
