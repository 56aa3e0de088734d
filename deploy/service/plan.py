"""What a deploy of one service would do, and why. Pure.

what runs = the definition asked for, completed    -> nothing
what runs = the definition asked for, in progress  -> follow that rollout
what runs = the definition asked for, failed       -> roll it out again
otherwise                                          -> register (unless the family's latest
                                                      revision is it already), then roll out
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.errors import PreflightError
from deploy.events import Change
from deploy.service.diff import Definition, diff, kept_paths, merged, same
from deploy.target import ServiceTarget

# Terraform creates a service with a definition of an image that never existed, under this tag.
BOOTSTRAP_TAG = ":bootstrap"


@dataclass(frozen=True)
class ServiceState:
    """What ECS says now: replies of DescribeServices and DescribeTaskDefinition.

    `running` is the definition of the PRIMARY deployment, `latest` the family's newest revision.
    """

    service: Mapping[str, Any]
    running: Definition | None
    latest: Definition | None = None


@dataclass(frozen=True)
class ServicePlan:
    """A decision that `deploy.service.rollout.apply` carries out."""

    name: str  # in deploy.toml
    request: Definition  # the input of RegisterTaskDefinition
    register: bool
    update: bool
    follow: str  # the id of the deployment in progress to be followed, or ""
    force: bool  # the same revision again
    first: bool  # no release has run yet: there is nothing to roll back to
    desired_count: int | None  # set only where a first release needs tasks
    definition_arn: str  # what is rolled out; "" until it is registered
    digest: str | None  # None until the image is built
    primary: str  # the id of the deployment that is the PRIMARY one now
    running_arn: str
    running_digest: str | None
    rollback: bool  # ECS rolls back by itself
    expected: int  # tasks desired once the rollout starts
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    load_balancers: tuple[Mapping[str, Any], ...] = ()  # set only where a container's port moved
    base: Definition | None = None  # what runs, None before the first release

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.update or bool(self.follow)


def plan_service(target: ServiceTarget, desired: Definition, state: ServiceState) -> ServicePlan:
    """Return what to do so that the service runs `desired`, as `deploy.service.definition` renders.

    Its image may not be built yet: then the plan says so, and is made again after the build.
    Raises PreflightError if Shipway cannot deploy to this service.
    """
    _check(target, state.service)
    first = is_first(state)
    base = None if _is_bootstrap(state.running) else state.running
    request = merged(desired, base)
    primary = primary_of(state.service)
    runs = base is not None and same(request, base)
    rollout = primary.get("rolloutState") or "COMPLETED"
    follow = str(primary["id"]) if runs and rollout == "IN_PROGRESS" else ""
    update = not (runs and rollout in ("COMPLETED", "IN_PROGRESS"))
    reuse = _reusable(request, state)
    desired_count = _first_count(target, state.service) if first and update else None
    return ServicePlan(
        name=target.name,
        request=request,
        register=update and not reuse,
        update=update,
        follow=follow,
        force=update and runs,
        first=first,
        desired_count=desired_count,
        definition_arn=reuse,
        digest=digest_of(request, target.name),
        primary=str(primary.get("id", "")),
        running_arn=str((state.running or {}).get("taskDefinitionArn", "")),
        running_digest=digest_of(state.running or {}, target.name),
        rollback=_rolls_back(state.service),
        expected=desired_count or state.service.get("desiredCount", 0),
        changes=_changes(target, request, base, state, reuse, update=update, follow=follow),
        notes=_notes(target, desired, request, state, desired_count),
        load_balancers=moved_ports(request, state.service) if update else (),
        base=base,
    )


def primary_of(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the PRIMARY entry of a service's `deployments`; empty if there is none."""
    deployments = service.get("deployments", [])
    return next((entry for entry in deployments if entry.get("status") == "PRIMARY"), {})


def moved_ports(request: Definition, service: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the service's `loadBalancers` with the ports of `request`; empty if they are right.

    UpdateService refuses a revision without the container port that a load balancer sends to:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """
    ports = {
        entry["name"]: [mapping["containerPort"] for mapping in entry.get("portMappings", [])]
        for entry in request["containerDefinitions"]
    }
    before = tuple(service.get("loadBalancers", ()))
    after = tuple(_moved(entry, ports.get(entry.get("containerName"), [])) for entry in before)
    return after if after != before else ()


def _moved(entry: Mapping[str, Any], ports: Sequence[int]) -> Mapping[str, Any]:
    if not ports or entry.get("containerPort") in ports:
        return entry
    return {**entry, "containerPort": ports[0]}


def digest_of(definition: Definition, container: str) -> str | None:
    """Return the digest (sha256:...) that the definition pins `container`'s image to, or None."""
    for entry in definition.get("containerDefinitions", []):
        digest = str(entry.get("image", "")).partition("@")[2]
        if entry.get("name") == container and digest.startswith("sha256:") and "(" not in digest:
            return digest
    return None


def is_first(state: ServiceState) -> bool:
    """Say whether no release has run yet, so that nothing could be rolled back to.

    An interrupted first deploy leaves its own deployment, never completed, and no other with tasks.
    """
    if state.running is None or _is_bootstrap(state.running):
        return True
    primary = primary_of(state.service)
    others = [entry for entry in state.service.get("deployments", []) if entry is not primary]
    tried = primary.get("desiredCount", 0) > 0  # or else somebody scaled it to zero
    unfinished = tried and primary.get("rolloutState") in ("IN_PROGRESS", "FAILED")
    rolling_back = "rolling back" in (primary.get("rolloutStateReason") or "").lower()
    serving = primary.get("runningCount") or any(
        entry.get("runningCount") or entry.get("desiredCount") for entry in others
    )
    return unfinished and not rolling_back and not serving


def _is_bootstrap(definition: Definition | None) -> bool:
    containers = (definition or {}).get("containerDefinitions", [])
    return any(str(entry.get("image", "")).endswith(BOOTSTRAP_TAG) for entry in containers)


def _check(target: ServiceTarget, service: Mapping[str, Any]) -> None:
    if service.get("status", "ACTIVE") != "ACTIVE":
        raise PreflightError(
            f"the service {target.service} is {service['status']}",
            remedy="run `invoke infra.apply` to create it again",
        )
    controller = (service.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        raise PreflightError(
            f"the service {target.service} is deployed by {controller}, not by ECS",
            remedy="set the deployment controller to ECS, which replaces the service",
        )


def _first_count(target: ServiceTarget, service: Mapping[str, Any]) -> int | None:
    count = max(int(service.get("desiredCount", 0)), target.min_tasks)
    return count if count != service.get("desiredCount", 0) else None


def _rolls_back(service: Mapping[str, Any]) -> bool:
    breaker = service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker") or {}
    return bool(breaker.get("enable") and breaker.get("rollback"))


def _reusable(request: Definition, state: ServiceState) -> str:
    """Return the ARN of a revision that says `request` already, or ""."""
    for known in (state.running, state.latest):
        if known and known.get("status", "ACTIVE") == "ACTIVE" and same(request, known):
            return str(known["taskDefinitionArn"])
    return ""


def _changes(
    target: ServiceTarget,
    request: Definition,
    base: Definition | None,
    state: ServiceState,
    reuse: str,
    *,
    update: bool,
    follow: str,
) -> tuple[Change, ...]:
    subject = f"service {target.name}"
    runs = revision(str((state.running or {}).get("taskDefinitionArn", "")))
    if follow:
        return (Change("=", subject, f"{runs} is being rolled out already: it is followed"),)
    if not update:
        return (Change("=", subject, f"{runs} runs, and is what deploy.toml asks for"),)
    after = revision(reuse) or "a new revision"
    if base is None:
        image = next(entry["image"] for entry in request["containerDefinitions"])
        return (Change("+", subject, "its first release", after=f"{after} of {image}"),)
    reason = "what it asks for does not run" if diff(request, base) else "its last rollout failed"
    told = (change._replace(of=subject) for change in diff(request, base))
    return (Change("~", subject, reason, before=runs, after=after), *told)


def _notes(
    target: ServiceTarget,
    desired: Definition,
    request: Definition,
    state: ServiceState,
    desired_count: int | None,
) -> tuple[str, ...]:
    notes = [
        f"kept, though the template does not name it: {path}"
        for path in kept_paths(desired, request)
    ]
    if not (desired_count or state.service.get("desiredCount", 0)):
        notes.append(f"{target.name} is scaled to zero: no task runs until it is scaled up")
    if not _rolls_back(state.service):
        notes.append(
            f"{target.name}: the circuit breaker with rollback is off: ECS won't roll back"
        )
    return tuple(notes)


def revision(arn: str) -> str:
    """Return `family:revision` of a task definition's ARN."""
    return arn.rpartition("/")[2]
