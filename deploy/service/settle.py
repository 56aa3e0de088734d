"""Carrying out `invoke scale` and `abort`, and following them to their proven end."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.errors import ToolError
from deploy.events import PhaseEnded, PhaseOutput, PhaseProgress, PhaseStarted
from deploy.outcome import Outcome
from deploy.service import observation
from deploy.service.describe import (
    describe_services,
    read_definition,
    read_revisions,
    read_service_deployment,
    read_tasks,
)
from deploy.service.effects import Effects, patience
from deploy.service.observation import brief
from deploy.service.operation import (
    ONGOING,
    AbortPlan,
    Ongoing,
    ScalePlan,
    newest_ongoing,
)
from deploy.service.plan import digest_of, primary_of
from deploy.service.poll import interval
from deploy.service.proof import prove
from deploy.service.scaling import resource_of, set_bounds
from deploy.service.status import shape
from deploy.service.verdict import (
    ScaleJudge,
    Seen,
    Verdict,
    is_healthy,
    is_up,
    judge_rollback,
    judge_withdrawal,
)
from deploy.target import ServiceTarget

STILL_ROLLED_OUT: Final = ("IN_PROGRESS", "PENDING")


@dataclass(frozen=True)
class Settled:
    """How it ended, why (or ""), and the ARNs of the tasks that are proven to be the right ones."""

    outcome: Outcome
    reason: str = ""
    tasks: tuple[str, ...] = ()


def read_ongoing(ecs: Any, cluster: str, service: str) -> Ongoing | None:
    """Return the service deployment in progress with what it replaces, None if there is none."""
    reply = ecs.list_service_deployments(cluster=cluster, service=service, status=list(ONGOING))
    found = newest_ongoing(reply["serviceDeployments"])
    if found is None:
        return None
    arn = str(found["serviceDeploymentArn"])
    record = read_service_deployment(ecs, arn) or {}
    revisions = [source["arn"] for source in record.get("sourceServiceRevisions", [])]
    definitions = dict.fromkeys(read_revisions(ecs, revisions).values())
    sources = (read_definition(ecs, name) for name in definitions if name)
    return Ongoing(arn, str(found["status"]), tuple(source for source in sources if source))


@dataclass
class Settle:
    """One service that is being changed. `timeout` in seconds, `phase` is what is told of it."""

    place: ServiceTarget
    cluster: str
    effects: Effects
    timeout: float
    phase: str
    told: set[str] = field(default_factory=set)
    trouble_since: float | None = None

    def scale(self, plan: ScalePlan, autoscaling: Any, digests: Collection[str]) -> Settled:
        """Set bounds, then the count, and wait until as many tasks run and are healthy.

        `digests` are the image's, and if it is an index those of its manifests. Raises ToolError
        if ECS or Application Auto Scaling refuses.
        """

        def write() -> None:
            if plan.bounds:
                set_bounds(autoscaling, resource_of(self.cluster, self.place), plan.bounds)
            self._update(desiredCount=plan.count)

        ended = self._run(f"{plan.before} to {plan.count} tasks", write, ScaleJudge(plan))
        if ended.outcome is not Outcome.SUCCEEDED or not plan.count:
            return ended
        return self._proven(ended, plan.definition_arn, digests)

    def abort(self, plan: AbortPlan) -> Settled:
        """End the deployment in progress and wait until what ran before serves again.

        Raises ToolError if ECS refuses.
        """
        judge = judge_withdrawal if plan.withdraw else judge_rollback
        ended = self._run("rolling back", lambda: self._stop(plan), judge, plan.deployment)
        if ended.outcome is not Outcome.ROLLED_BACK or plan.withdraw:
            return ended
        arn = str(primary_of(self._service()).get("taskDefinition", ""))
        digest = digest_of(read_definition(self.effects.ecs, arn) or {}, self.place.name)
        return self._proven(ended, arn, [digest]) if digest else ended

    def _stop(self, plan: AbortPlan) -> None:
        if plan.withdraw:
            self._update(desiredCount=0, **({"taskDefinition": plan.back} if plan.back else {}))
        elif plan.stop:
            self._roll_back(plan.deployment)

    def _roll_back(self, arn: str) -> None:
        """Ask ECS to. That it has ended, or is asked already, is no error: what follows tells."""
        from botocore.exceptions import ClientError

        ecs = self.effects.ecs
        try:
            ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
        except ClientError as error:
            record = read_service_deployment(ecs, arn) or {}
            if record.get("status", STILL_ROLLED_OUT[0]) in STILL_ROLLED_OUT:
                raise self._refused(error) from error

    def _update(self, **wanted: Any) -> None:
        ecs, cluster, service = self.effects.ecs, self.cluster, self.place.service
        self._write(lambda: ecs.update_service(cluster=cluster, service=service, **wanted))

    def _write(self, write: Callable[[], object]) -> None:
        """Each of these writes says what should be, so that the clients' retries do no harm."""
        from botocore.exceptions import ClientError

        try:
            write()
        except ClientError as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> ToolError:
        return ToolError(
            f"ECS did not take the change of {self.place.name}: {error}",
            remedy="the message names what is missing; `invoke status` shows what runs",
        )

    def _run(
        self,
        detail: str,
        write: Callable[[], None],
        judge: Callable[[Seen], Verdict],
        record: str = "",
    ) -> Settled:
        started = self.effects.clock()
        self.told = {event["id"] for event in self._service().get("events", [])}
        self.effects.emit(PhaseStarted(self.phase, detail))
        write()
        ended = self._follow(judge, record, started + self.timeout)
        outcome = ended.outcome or Outcome.TIMED_OUT
        ok = outcome in (Outcome.SUCCEEDED, Outcome.ROLLED_BACK)
        took = self.effects.clock() - started
        self.effects.emit(PhaseEnded(self.phase, ok, took, ended.detail or outcome.label))
        return Settled(outcome, ended.reason)

    def _follow(self, judge: Callable[[Seen], Verdict], record: str, deadline: float) -> Verdict:
        """Return the verdict that ends it. Raises what is not worth waiting for.

        Here it decides only that time is up, or that somebody interrupted.
        """
        found, quiet = Verdict(None, ""), 0
        self.trouble_since = None
        try:
            while found.outcome is None:
                shown = found.detail
                found, news = self._turn(judge, record, shown)
                quiet = 0 if news else quiet + 1
                if found.outcome is None and self.effects.clock() >= deadline:
                    reason = f"not within {self.timeout:g} s: {found.detail}"
                    return Verdict(Outcome.TIMED_OUT, found.detail, reason)
                if found.outcome is None:
                    self.effects.sleep(interval(quiet, self.effects.jitter()))
        except KeyboardInterrupt:
            return Verdict(Outcome.INTERRUPTED, found.detail, "interrupted; the change goes on")
        return found

    def _turn(
        self, judge: Callable[[Seen], Verdict], record: str, shown: str
    ) -> tuple[Verdict, bool]:
        """Look once; return the verdict, and whether anything is new."""
        try:
            seen = self._look(record)
        except Exception as error:
            now = self.effects.clock()
            self.trouble_since = now if self.trouble_since is None else self.trouble_since
            if now - self.trouble_since >= patience(error):
                raise
            return Verdict(None, shown), False
        self.trouble_since = None
        found = judge(seen)
        return found, self._tell(seen, found.detail, shown)

    def _service(self) -> dict[str, Any]:
        found = describe_services(self.effects.ecs, self.cluster, [self.place.service])
        return found.get(self.place.service, {})

    def _look(self, record: str) -> Seen:
        service = self._service()
        tasks = read_tasks(self.effects.ecs, self.cluster, self.place.service, "RUNNING")
        followed = read_service_deployment(self.effects.ecs, record) or {}
        primary = primary_of(service)
        return Seen(
            shape(self.place, service or None, None, self._targets(), None),
            str(primary.get("id", "")),
            up=sum(map(is_up, tasks)),
            healthy=sum(map(is_healthy, tasks)),
            record=str(followed.get("status", "")),
            reason=str(followed.get("statusReason") or ""),
            events=observation.parse(service).events if service else (),
        )

    def _targets(self) -> Sequence[Any] | None:
        group = self.place.target_group_arn
        if not group:
            return None
        reply = self.effects.elbv2.describe_target_health(TargetGroupArn=group)
        found: list[Any] = reply["TargetHealthDescriptions"]
        return found

    def _tell(self, seen: Seen, where: str, shown: str) -> bool:
        """Tell what is new of ECS's events and of the counts; return whether anything is."""
        fresh = [event for event in seen.events if event.id not in self.told]
        for event in reversed(fresh):  # ECS lists the newest first
            self.told.add(event.id)
            self.effects.emit(PhaseOutput(self.phase, brief(event.message)))
        if where != shown:
            status = seen.status
            progress = PhaseProgress(self.phase, where, status.running, status.desired, "tasks")
            self.effects.emit(progress)
        return bool(fresh) or where != shown

    def _proven(self, ended: Settled, arn: str, digests: Collection[str]) -> Settled:
        """See that the tasks that run are those that should."""
        proof = prove(
            self.effects,
            self.cluster,
            self.place.service,
            container=self.place.name,
            definition=arn,
            digests=digests,
        )
        if proof.doubts:
            return Settled(Outcome.FAILED, "; ".join(proof.doubts), proof.tasks)
        return Settled(ended.outcome, ended.reason, proof.tasks)
