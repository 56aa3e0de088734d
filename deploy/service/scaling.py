"""The bounds that autoscaling keeps. Terraform makes the minimum 0, the first release raises it.

Application Auto Scaling moves the desired count into its range at once, so with a minimum of 1 the
bootstrap revision, whose image does not exist, would be started:
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from deploy.events import Change
from deploy.service.status import Bounds
from deploy.target import ServiceTarget

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient

DIMENSION: Final = "ecs:service:DesiredCount"
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
TARGETS_A_CALL = 50


@dataclass(frozen=True)
class ScalingPlan:
    """The minimum that is and the one that should be; both None if the service does not scale."""

    service: str
    resource: str  # "service/<cluster>/<service>"
    minimum: int | None = None
    wanted: int | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        if self.minimum == self.wanted:
            return ()
        reason = f"a service that was released keeps at least {self.wanted}"
        before, after = f"minimum {self.minimum}", f"minimum {self.wanted}"
        return (Change("~", f"scaling {self.service}", reason, before, after),)


def survey(
    autoscaling: "ApplicationAutoScalingClient", cluster: str, place: ServiceTarget
) -> ScalingPlan:
    """Return what a deploy would do about the minimum of one service. Writes nothing."""
    return survey_all(autoscaling, cluster, [place])[place.name]


def survey_all(
    autoscaling: "ApplicationAutoScalingClient", cluster: str, places: Sequence[ServiceTarget]
) -> dict[str, ScalingPlan]:
    """Return what a deploy would do about the minimums, by the services' names. Writes nothing.

    A minimum that `invoke scale` has raised above Terraform's `min_tasks` stays.
    """
    bounds = read_bounds(autoscaling, cluster, places)
    return {each.name: _plan(each, cluster, bounds.get(each.name)) for each in places}


def _plan(place: ServiceTarget, cluster: str, bounds: Bounds | None) -> ScalingPlan:
    resource = resource_of(cluster, place)
    if bounds is None:
        return ScalingPlan(place.name, resource)
    wanted = max(bounds.minimum, place.min_tasks)
    return ScalingPlan(place.name, resource, bounds.minimum, wanted)


def resource_of(cluster: str, place: ServiceTarget) -> str:
    """Return what Application Auto Scaling calls a service: `service/<cluster>/<service>`."""
    return f"service/{cluster}/{place.service}"


def read_bounds(
    autoscaling: "ApplicationAutoScalingClient", cluster: str, places: Sequence[ServiceTarget]
) -> dict[str, Bounds]:
    """Return the bounds of each service that scales, by its name in deploy.toml."""
    names = {resource_of(cluster, place): place.name for place in places}
    resources = list(names)
    return {
        names[entry["ResourceId"]]: Bounds(entry["MinCapacity"], entry["MaxCapacity"])
        for start in range(0, len(resources), TARGETS_A_CALL)
        for entry in autoscaling.describe_scalable_targets(
            ServiceNamespace="ecs",
            ResourceIds=resources[start : start + TARGETS_A_CALL],
            ScalableDimension=DIMENSION,
        )["ScalableTargets"]
    }


def set_bounds(autoscaling: "ApplicationAutoScalingClient", resource: str, bounds: Bounds) -> None:
    """Set both bounds; a desired count outside of them is moved into them at once."""
    autoscaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=resource,
        ScalableDimension=DIMENSION,
        MinCapacity=bounds.minimum,
        MaxCapacity=bounds.maximum,
    )


def apply(plan: ScalingPlan, autoscaling: "ApplicationAutoScalingClient") -> None:
    """Set the minimum that the plan wants; the maximum stays as it is."""
    if plan.changes and plan.wanted is not None:
        autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=plan.resource,
            ScalableDimension=DIMENSION,
            MinCapacity=plan.wanted,
        )
