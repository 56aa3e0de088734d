"""What `invoke scale`, `restart` and `abort` would do to a service, and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.errors import ConfigError, PreflightError
from deploy.events import Change
from deploy.service.diff import Definition
from deploy.service.observation import seconds
from deploy.service.plan import (
    BOOTSTRAP_TAG,
    ServicePlan,
    ServiceState,
    digest_of,
    is_first,
    primary_of,
    revision,
)
from deploy.service.status import IN_PROGRESS, Bounds
from deploy.target import ServiceTarget

Reply = Mapping[str, Any]

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
ONGOING = (
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
)


@dataclass(frozen=True)
class Wanted:
    """What `invoke scale` was asked for; None: as it is."""

    count: int | None = None
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class ScalePlan:
    """From `before` tasks to `count`; `bounds` is set if they change, which they do first."""

    name: str
    before: int
    count: int
    definition_arn: str
    digest: str | None
    checked: bool  # its containers have health checks
    primary: str  # the id of the deployment that runs the tasks
    bounds: Bounds | None
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.changes)


def plan_scale(
    place: ServiceTarget, state: ServiceState, bounds: Bounds | None, wanted: Wanted
) -> ScalePlan:
    """Return how the service comes to the wanted count, within the wanted bounds.

    `bounds` are those of its autoscaling, None without any. Raises ConfigError for a request that
    contradicts itself, PreflightError if the service can't be scaled so now.
    """
    _refuse_idle(place, state)
    _refuse_rolling(place, state, "scaled")
    after = _bounds(place, bounds, wanted)
    before = int(state.service.get("desiredCount", 0))
    count = before if wanted.count is None else wanted.count
    if after is not None and wanted.count is None:
        count = min(max(before, after.minimum), after.maximum)
    if after is not None and not after.minimum <= count <= after.maximum:
        raise _outside(place, after, count, given=after != bounds)
    running = state.running or {}
    return ScalePlan(
        place.name,
        before,
        count,
        str(running.get("taskDefinitionArn", "")),
        digest_of(running, place.name),
        any(entry.get("healthCheck") for entry in running.get("containerDefinitions", [])),
        str(primary_of(state.service).get("id", "")),
        after if after != bounds else None,
        (*_bounds_changes(place, bounds, after), *_count_changes(place, before, count)),
        _bounds_notes(place, bounds, after),
    )


def _bounds(place: ServiceTarget, bounds: Bounds | None, wanted: Wanted) -> Bounds | None:
    if wanted.minimum is None and wanted.maximum is None:
        return bounds
    if bounds is None:
        raise PreflightError(
            f"the service {place.name} has no autoscaling, and so no bounds",
            remedy="leave --min and --max out: --count alone says how many tasks run",
        )
    minimum = bounds.minimum if wanted.minimum is None else wanted.minimum
    maximum = bounds.maximum if wanted.maximum is None else wanted.maximum
    if minimum > maximum:
        raise ConfigError(
            f"a minimum of {minimum} is more than the maximum of {maximum}",
            remedy="give both: --min and --max",
        )
    return Bounds(minimum, maximum)


def _outside(
    place: ServiceTarget, bounds: Bounds, count: int, *, given: bool
) -> ConfigError | PreflightError:
    option = f"--min {count}" if count < bounds.minimum else f"--max {count}"
    whose = "the bounds given" if given else "the bounds of its autoscaling"
    error = ConfigError if given else PreflightError
    return error(
        f"{count} tasks of {place.name} are outside {whose}, {bounds}: autoscaling would undo it",
        remedy=f"move the bounds as well: `invoke scale --service {place.name} --count {count} "
        f"{option}`",
    )


def _bounds_changes(
    place: ServiceTarget, before: Bounds | None, after: Bounds | None
) -> tuple[Change, ...]:
    if before == after:
        return ()
    return (Change("~", f"scaling {place.name}", "its bounds", str(before), str(after)),)


def _count_changes(place: ServiceTarget, before: int, count: int) -> tuple[Change, ...]:
    if before == count:
        return ()
    why = "more tasks" if count > before else "fewer tasks"
    return (Change("~", f"service {place.name}", why, f"{before} desired", f"{count} desired"),)


def _bounds_notes(
    place: ServiceTarget, before: Bounds | None, after: Bounds | None
) -> tuple[str, ...]:
    """What is not for long: the bounds have other owners too."""
    if before is None or after is None:
        return ()
    notes = []
    if after.maximum != before.maximum:
        notes.append("the maximum is Terraform's: the next `invoke infra.apply` sets it again")
    if after.minimum != before.minimum and after.minimum < place.min_tasks:
        notes.append(f"the next deploy raises the minimum to {place.min_tasks} (min_tasks) again")
    return tuple(notes)


def plan_restart(place: ServiceTarget, state: ServiceState) -> ServicePlan:
    """Return the plan to replace every task by one of the same revision, rolled out as any other.

    Raises PreflightError if nothing runs that could be, or if it could not be proven afterwards.
    """
    _refuse_idle(place, state)
    _refuse_rolling(place, state, "restarted")
    count = int(state.service.get("desiredCount", 0))
    running = state.running or {}
    arn, digest = str(running.get("taskDefinitionArn", "")), digest_of(running, place.name)
    _refuse_unrepeatable(place, running, count, digest)
    breaker = state.service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker") or {}
    reason = f"{count} task{'s'[: count != 1]} replaced by new ones of {revision(arn)}"
    return ServicePlan(
        name=place.name,
        request=running,
        register=False,
        update=True,
        follow="",
        force=True,
        first=False,
        desired_count=None,
        definition_arn=arn,
        digest=digest,
        primary=str(primary_of(state.service).get("id", "")),
        running_arn=arn,
        running_digest=digest,
        rollback=bool(breaker.get("enable") and breaker.get("rollback")),
        expected=count,
        changes=(Change("~", f"service {place.name}", reason),),
    )


def _refuse_unrepeatable(
    place: ServiceTarget, running: Reply, count: int, digest: str | None
) -> None:
    name = revision(str(running.get("taskDefinitionArn", "")))
    if not count:
        remedy = f"start it: `invoke scale --service {place.name} --count 1`"
        raise PreflightError(f"{place.name} is scaled to zero: no task runs", remedy=remedy)
    if running.get("status", "ACTIVE") != "ACTIVE":
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html
        why = f"{name} is {running['status']}: ECS starts no deployment of it"
        raise PreflightError(why, remedy="deploy instead, which registers a new revision")
    if digest is None:
        why = f"{name} names its image by a tag: what would start can't be foretold"
        raise PreflightError(why, remedy="deploy instead, which pins the image by its digest")


def _refuse_idle(place: ServiceTarget, state: ServiceState) -> None:
    if state.running is None or is_bootstrap(state.running):
        raise PreflightError(
            f"no release of {place.name} has run yet",
            remedy=f"deploy it first: `invoke deploy-backend --service {place.name}`",
        )


def _refuse_rolling(place: ServiceTarget, state: ServiceState, what: str) -> None:
    primary = primary_of(state.service)
    if primary.get("rolloutState") == IN_PROGRESS:
        raise PreflightError(
            f"{revision(primary['taskDefinition'])} is being rolled out: {place.name} can't be "
            f"{what} before that has ended",
            remedy="wait for it (`invoke status --watch`), or stop it: "
            f"`invoke abort --service {place.name}`",
        )


@dataclass(frozen=True)
class Ongoing:
    """A service deployment in progress: its ARN and status, and the task definitions that ran
    when it began.
    """

    arn: str
    status: str
    sources: tuple[Definition, ...] = ()


@dataclass(frozen=True)
class AbortPlan:
    """How to end the deployment in progress, if there is one.

    `deployment` is the ARN of the service deployment; `back` of the definition to withdraw to,
    where no release has ever run and so nothing can be rolled back to.
    """

    name: str
    deployment: str = ""
    stop: bool = False  # ECS is to be asked: it does not roll back yet
    withdraw: bool = False
    back: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.changes)


def plan_abort(place: ServiceTarget, state: ServiceState, ongoing: Ongoing | None) -> AbortPlan:
    """Return how to end what is being rolled out; a plan without changes if nothing is."""
    if ongoing is None:
        return AbortPlan(place.name)
    name = revision(str(primary_of(state.service).get("taskDefinition", "")))
    subject = f"service {place.name}"
    if ongoing.status.startswith("ROLLBACK"):
        change = Change("=", subject, "it is being rolled back already: that is followed")
        return AbortPlan(place.name, ongoing.arn, changes=(change,))
    before = [str(source.get("taskDefinitionArn", "")) for source in ongoing.sources]
    if is_first(state) or (before and all(map(is_bootstrap, ongoing.sources))):
        change = Change(
            "-", subject, f"its first release, {name}, is taken back: nothing runs then"
        )
        back = next(iter(before), "")
        return AbortPlan(place.name, ongoing.arn, withdraw=True, back=back, changes=(change,))
    reason = f"the rollout of {name} is stopped, and what ran before it serves again"
    return AbortPlan(place.name, ongoing.arn, stop=True, changes=(Change("-", subject, reason),))


def newest_ongoing(records: Sequence[Reply]) -> Reply | None:
    """Return the entry of ListServiceDeployments that is in progress, None if none is."""
    ongoing = [record for record in records if record.get("status") in ONGOING]
    return max(ongoing, key=lambda each: seconds(each.get("createdAt")), default=None)


def is_bootstrap(definition: Reply) -> bool:
    """Say whether a definition is the placeholder that Terraform creates a service with."""
    containers = definition.get("containerDefinitions", [])
    return any(str(entry.get("image", "")).endswith(BOOTSTRAP_TAG) for entry in containers)
