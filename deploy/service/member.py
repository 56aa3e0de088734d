"""One service of a fleet: how its rollout starts, and what its end is: proven, or why not.

On TIMED_OUT and INTERRUPTED the rollout itself goes on: ECS ends it, one way or the other. A first
release that fails is scaled to zero again, so that nothing pretends to run.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.errors import ShipwayError
from deploy.events import Failure, Note, PhaseEnded, PhaseStarted
from deploy.outcome import Outcome
from deploy.service.cause import find_cause
from deploy.service.describe import find_service_deployment
from deploy.service.diff import Definition
from deploy.service.effects import Effects
from deploy.service.followed import phase_of
from deploy.service.observation import seconds
from deploy.service.plan import ServicePlan, primary_of, revision
from deploy.service.proof import prove
from deploy.service.result import RolloutResult
from deploy.service.start import Start
from deploy.service.watch import Watch, failure_budget
from deploy.target import Target


def resume(target: Target, *names: str) -> str:
    """Return the command that carries on with the rollouts of these services."""
    return f"invoke deploy-backend --service {','.join(names)} --env {target.environment}"


@dataclass
class Rollout:
    """The rollout of one plan. `children` are the digests in the image index that it deploys,
    `command` is what carries on with it, if that is no deploy.
    """

    plan: ServicePlan
    target: Target
    effects: Effects
    children: Collection[str] = ()
    command: str = ""
    began: float | None = field(default=None, init=False)

    @property
    def resume(self) -> str:
        return self.command or resume(self.target, self.plan.name)

    @property
    def writes(self) -> Start:
        return Start(self.plan, self.target, self.effects, self.resume)

    @property
    def service(self) -> str:
        return self.writes.service

    def start(self, timeout: float) -> Watch | RolloutResult:
        """Register, update, and return what to watch for at most `timeout` seconds.

        Or how it ended, where there is nothing to watch. Raises ConfigError if ECS would not take
        the definition, ToolError if it refuses a write.
        """
        began = self.effects.clock()
        arn = self.writes.revision()
        self.began = began
        phase = phase_of(self.plan.name)
        self.effects.emit(PhaseStarted(phase, revision(arn)))
        deployment = self.writes.deployment(arn)
        if not self._nothing_started(deployment):
            return self._watch(deployment, arn, began + timeout)
        unchanged = Outcome.UNCHANGED
        return self._over(RolloutResult(unchanged, self.plan.primary, arn, self.plan.digest))

    def conclude(self, watch: Watch) -> RolloutResult:
        """Return how it ended: a success is proven, a failure has its cause."""
        return self._over(self._conclude(watch))

    def refused(self, error: ShipwayError) -> RolloutResult:
        """Return how it ended when it could not be started."""
        cause = Failure(f"{self.plan.name}: {error.message}", error.details, error.remedy)
        return self._over(self._never(Outcome.FAILED, cause=cause, error=error))

    def held(self, why: str) -> RolloutResult:
        """Return how it ended when it was not to be started, and why."""
        return self._never(Outcome.NOT_STARTED, why=why)

    def unchanged(self) -> RolloutResult:
        """Return how it ends without anything to do."""
        return self._never(Outcome.UNCHANGED)

    def _never(self, outcome: Outcome, **more: Any) -> RolloutResult:
        plan = self.plan
        return RolloutResult(outcome, plan.primary, plan.running_arn, plan.running_digest, **more)

    def _over(self, result: RolloutResult) -> RolloutResult:
        if self.began is not None:
            took = self.effects.clock() - self.began
            ok, label = result.outcome.exit_code == 0, result.outcome.label
            self.effects.emit(PhaseEnded(phase_of(self.plan.name), ok, took, label))
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

    def _conclude(self, watch: Watch) -> RolloutResult:
        if watch.result is Outcome.SUCCEEDED:
            return self._prove(watch)
        cause = self._cause(watch)
        if watch.result is Outcome.FAILED and self.plan.first:
            self.writes.withdraw()
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
            return cause._replace(remedy=self._goes_on(watch))
        if watch.result is Outcome.SUPERSEDED:
            return cause._replace(remedy=f"if yours should run, run `{self.resume}` again")
        return cause

    def _prove(self, watch: Watch) -> RolloutResult:
        """A success is one when the running tasks say so too."""
        if not self.plan.expected:
            note = f"{self.plan.name} is scaled to zero: no task runs, so nothing is proven"
            self.effects.emit(Note(note, "warning"))
            return self._result(watch)
        proof = prove(
            self.effects,
            self.target.cluster,
            self.service,
            container=self.plan.name,
            definition=watch.definition,
            digests={str(self.plan.digest), *self.children},
        )
        if not proof.doubts:
            return self._result(watch, tasks=proof.tasks)
        primary = primary_of(self.writes.describe()).get("id")
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
