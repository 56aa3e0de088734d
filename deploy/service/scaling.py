"""The minimum of tasks that autoscaling keeps. Terraform makes it 0, the first release raises it.

Application Auto Scaling moves the desired count into its range at once, so with a minimum of 1 the
bootstrap revision, whose image does not exist, would be started:
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from deploy.events import Change
from deploy.target import ServiceTarget

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient

DIMENSION: Final = "ecs:service:DesiredCount"


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
    """Return what a deploy would do about the minimum. Writes nothing."""
    resource = f"service/{cluster}/{place.service}"
    found = autoscaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[resource], ScalableDimension=DIMENSION
    )["ScalableTargets"]
    if not found:
        return ScalingPlan(place.name, resource)
    return ScalingPlan(place.name, resource, found[0]["MinCapacity"], place.min_tasks)


def apply(plan: ScalingPlan, autoscaling: "ApplicationAutoScalingClient") -> None:
    """Set the minimum that the plan wants; the maximum stays as it is."""
    if plan.changes and plan.wanted is not None:
        autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=plan.resource,
            ScalableDimension=DIMENSION,
            MinCapacity=plan.wanted,
        )
