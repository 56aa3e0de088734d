"""The way back of one service: an update to a revision that is registered already. Pure."""

from dataclasses import dataclass

from deploy.errors import PreflightError
from deploy.events import Change
from deploy.service.diff import Definition, diff
from deploy.service.operation import is_bootstrap
from deploy.service.plan import (
    ServicePlan,
    ServiceState,
    digest_of,
    moved_ports,
    primary_of,
    revision,
)
from deploy.service.stamp import COMMIT, SOURCE_TAG, variables
from deploy.service.status import FAILED, IN_PROGRESS
from deploy.target import ServiceTarget

SHOWN = len("sha256:") + 12  # characters of a digest


@dataclass(frozen=True)
class Earlier:
    """A revision to return to. `definition` is None if ECS does not know it any more."""

    arn: str
    container: str
    definition: Definition | None

    @property
    def image(self) -> str:
        """The reference of its image, such as `registry/name@sha256:...`; "" if unknown."""
        containers = (self.definition or {}).get("containerDefinitions", [])
        named = (entry for entry in containers if entry.get("name") == self.container)
        return next((str(entry.get("image", "")) for entry in named), "")

    @property
    def repository(self) -> str:
        """The image's repository, without the registry's host."""
        return self.image.partition("@")[0].partition("/")[2]

    @property
    def digest(self) -> str:
        return digest_of(self.definition or {}, self.container) or ""

    @property
    def commit(self) -> str:
        return variables(self.definition, self.container).get(COMMIT, "unknown")

    @property
    def source_tag(self) -> str:
        return variables(self.definition, self.container).get(SOURCE_TAG, "")

    @property
    def why_not(self) -> str:
        """Say why ECS would not run it again as it ran; "" if it would.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html
        """
        name = revision(self.arn)
        if self.definition is None:
            return f"{name} is gone"
        status = self.definition.get("status", "ACTIVE")
        if status != "ACTIVE":
            return f"{name} is {status}: ECS starts no deployment of it"
        return "" if self.digest else f"{name} names its image by a tag, which may be another now"


def runs(state: ServiceState) -> str:
    """Return the ARN that a service runs; "" if it runs nothing that it could stay with.

    After a rollout that failed, what is asked for is not what runs.
    """
    failed = primary_of(state.service).get("rolloutState") == FAILED
    if state.running is None or is_bootstrap(state.running) or failed:
        return ""
    return str(state.running["taskDefinitionArn"])


def is_rolling(state: ServiceState) -> bool:
    """Say whether what is asked for is still being rolled out."""
    return primary_of(state.service).get("rolloutState") == IN_PROGRESS


def plan_return(
    place: ServiceTarget, state: ServiceState, earlier: Earlier, why: str
) -> ServicePlan:
    """Return the plan to roll an earlier revision out as any other; `why` is told with it.

    Raises PreflightError if it can't run any more.
    """
    definition = earlier.definition
    if definition is None or earlier.why_not:
        raise PreflightError(earlier.why_not, remedy="choose another release")
    running = state.running or {}
    primary, running_arn = primary_of(state.service), str(running.get("taskDefinitionArn", ""))
    breaker = state.service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker") or {}
    base = None if is_bootstrap(running) or not running else running
    again = running_arn == earlier.arn
    follow = str(primary["id"]) if again and is_rolling(state) else ""
    return ServicePlan(
        name=place.name,
        request=definition,
        register=False,
        update=not follow,
        follow=follow,
        force=again and not follow,
        first=False,
        desired_count=None,
        definition_arn=earlier.arn,
        digest=earlier.digest,
        primary=str(primary.get("id", "")),
        running_arn=running_arn,
        running_digest=digest_of(running, place.name),
        rollback=bool(breaker.get("enable") and breaker.get("rollback")),
        expected=int(state.service.get("desiredCount", 0)),
        changes=_changes(place, running_arn, earlier, base, why, follow=follow),
        notes=() if follow else _notes(place, state),
        load_balancers=moved_ports(definition, state.service),
        base=base,
    )


def _changes(
    place: ServiceTarget,
    running: str,
    earlier: Earlier,
    base: Definition | None,
    why: str,
    *,
    follow: str,
) -> tuple[Change, ...]:
    subject = f"service {place.name}"
    if follow:
        what = f"{revision(running)} is being rolled out already: it is followed"
        return (Change("=", subject, what),)
    what = f"{why}: image {earlier.digest[:SHOWN]}, commit {earlier.commit}"
    told = diff(earlier.definition or {}, base) if base else ()
    details = (change._replace(of=subject, reason=_reason(change)) for change in told)
    after = revision(earlier.arn)
    return (Change("~", subject, what, before=revision(running), after=after), *details)


def _reason(change: Change) -> str:
    return "not in that revision" if change.sign == "-" else change.reason


def _notes(place: ServiceTarget, state: ServiceState) -> tuple[str, ...]:
    notes = []
    primary = primary_of(state.service)
    if is_rolling(state):
        name = revision(primary["taskDefinition"])
        notes.append(f"{name} is still being rolled out to {place.name}: this takes its place")
    if not state.service.get("desiredCount", 0):
        notes.append(f"{place.name} is scaled to zero: no task runs until it is scaled up")
    return tuple(notes)
