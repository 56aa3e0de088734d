"""How a service does at one moment, shaped from the replies of AWS. Pure.

A part that could not be read is `Unknown`, and the rest still shows. Times are Unix seconds by the
server's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.service.observation import DeploymentSeen, Observation, ServiceEvent, brief, parse
from deploy.service.plan import BOOTSTRAP_TAG, digest_of, revision
from deploy.target import ServiceTarget

Reply = Mapping[str, Any]

EVENTS = 5  # the newest, of the hundred that ECS keeps
IN_PROGRESS, FAILED = "IN_PROGRESS", "FAILED"


@dataclass(frozen=True)
class Unknown:
    """A part that could not be read. `why` is short, such as "not allowed"."""

    why: str


@dataclass(frozen=True)
class Bounds:
    """The tasks between which Application Auto Scaling keeps the desired count, both included."""

    minimum: int
    maximum: int

    def __str__(self) -> str:
        return f"{self.minimum} to {self.maximum}"


@dataclass(frozen=True)
class TargetSeen:
    """One target of a load balancer. `state` as ELB names it; `reason` in words, or ""."""

    id: str  # address:port
    state: str
    reason: str = ""


@dataclass(frozen=True)
class Release:
    """What a task definition says of itself; `digest` and the tags are "" where it says nothing."""

    revision: str  # family:revision
    digest: str = ""
    source_tag: str = ""
    commit: str = ""
    bootstrap: bool = False  # Terraform's placeholder: no release has run yet


@dataclass(frozen=True)
class ServiceStatus:
    """All that is shown of one service. `targets` is None without a load balancer, `bounds`
    without autoscaling; `rollouts` is empty while nothing is rolled out.
    """

    name: str
    service: str
    url: str
    status: str  # ACTIVE, DRAINING, INACTIVE; MISSING if ECS does not know it
    desired: int = 0
    running: int = 0
    pending: int = 0
    release: Release | Unknown | None = None
    targets: tuple[TargetSeen, ...] | Unknown | None = None
    bounds: Bounds | Unknown | None = None
    rollouts: tuple[DeploymentSeen, ...] = ()
    events: tuple[ServiceEvent, ...] = ()

    @property
    def healthy(self) -> int | None:
        """How many targets are healthy; None if that is not known."""
        if not isinstance(self.targets, tuple):
            return None
        return sum(target.state == "healthy" for target in self.targets)

    @property
    def unhealthy(self) -> tuple[TargetSeen, ...]:
        """The targets that failed their health checks: one that is yet to be checked did not."""
        if not isinstance(self.targets, tuple):
            return ()
        return tuple(target for target in self.targets if target.state == "unhealthy")

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the service is not as it was asked to be; empty if it is.

        An alarm is no problem by itself: those of target tracking are in ALARM whenever a service
        may scale in. Nor is a part that could not be read.
        """
        if self.status != "ACTIVE":
            return (f"the service is {self.status}",)
        return (*self._too_few(), *self._unhealthy(), *self._failed())

    def _too_few(self) -> tuple[str, ...]:
        rolling = any(seen.rollout == IN_PROGRESS for seen in self.rollouts)
        if rolling or self.running >= self.desired:
            return ()
        return (f"{self.running} of {self.desired} tasks run, and nothing is being rolled out",)

    def _unhealthy(self) -> tuple[str, ...]:
        if not self.unhealthy:
            return ()
        count = f"{len(self.unhealthy)} of {len(self.targets)}"  # type: ignore[arg-type]
        reasons = sorted({target.reason for target in self.unhealthy if target.reason})
        return (f"{count} targets unhealthy: {'; '.join(reasons)}".removesuffix(": "),)

    def _failed(self) -> tuple[str, ...]:
        return tuple(
            f"the rollout of {revision(seen.definition)} failed: {seen.reason}".removesuffix(": ")
            for seen in self.rollouts
            if seen.rollout == FAILED
        )


def shape(
    place: ServiceTarget,
    service: Reply | None,
    release: Release | Unknown | None,
    targets: Sequence[Reply] | Unknown | None,
    bounds: Bounds | Unknown | None,
) -> ServiceStatus:
    """Return a service's status from its entry of DescribeServices (None: it has none).

    `targets` are the entries of DescribeTargetHealth.
    """
    if service is None:
        return ServiceStatus(place.name, place.service, place.url, "MISSING")
    seen = parse(service)
    return ServiceStatus(
        place.name,
        place.service,
        place.url,
        seen.status,
        seen.desired,
        seen.running,
        service.get("pendingCount", 0),
        release,
        targets if targets is None or isinstance(targets, Unknown) else targets_of(targets),
        bounds,
        rollouts_of(seen),
        tuple(_event(place, event) for event in seen.events[:EVENTS]),
    )


def rollouts_of(seen: Observation) -> tuple[DeploymentSeen, ...]:
    """Return the deployments while one is under way, failed or being replaced; else nothing."""
    calm = len(seen.deployments) == 1 and seen.deployments[0].rollout in ("", "COMPLETED")
    return () if calm else seen.deployments


def _event(place: ServiceTarget, event: ServiceEvent) -> ServiceEvent:
    message = brief(event.message).removeprefix(f"(service {place.service})").lstrip(" ,")
    return ServiceEvent(event.id, event.at, message)


def release_of(definition: Reply, tags: Sequence[Reply], container: str) -> Release:
    """Return what a reply of DescribeTaskDefinition says of the release that it is."""
    images = [str(entry.get("image", "")) for entry in definition.get("containerDefinitions", [])]
    named = {tag["key"]: tag["value"] for tag in tags}
    return Release(
        revision(str(definition.get("taskDefinitionArn", ""))),
        digest_of(definition, container) or "",
        named.get("source-tag", ""),
        named.get("git-commit", ""),
        any(image.endswith(BOOTSTRAP_TAG) for image in images),
    )


def targets_of(entries: Sequence[Reply]) -> tuple[TargetSeen, ...]:
    """Parse the entries of DescribeTargetHealth, without those that are being drained.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
    """
    found = [_target(entry["Target"], entry.get("TargetHealth") or {}) for entry in entries]
    return tuple(sorted((seen for seen in found if seen.state != "draining"), key=lambda t: t.id))


def _target(target: Reply, health: Reply) -> TargetSeen:
    state = str(health.get("State", "unknown"))
    reason = str(health.get("Description") or health.get("Reason") or "")
    return TargetSeen(f"{target['Id']}:{target.get('Port', '')}", state, reason)
