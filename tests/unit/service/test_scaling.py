"""The minimum that autoscaling keeps: raised by a release, left alone afterwards."""

from typing import Any

from deploy.service import scaling
from deploy.target import ServiceTarget

PLACE = ServiceTarget(
    name="api",
    service="api",
    family="demo-api",
    repository="demo-api",
    repository_url="registry/demo-api",
    execution_role_arn="arn:execution",
    task_role_arn="arn:task",
    log_group="/demo/api",
    target_group_arn="",
    url="",
    min_tasks=2,
)


TARGET: dict[str, Any] = {"ResourceId": "service/cluster/api", "MaxCapacity": 4}


class AutoScaling:
    """Remembers one scalable target, as Application Auto Scaling has it."""

    def __init__(self, *targets: dict[str, Any]) -> None:
        self.targets = list(targets)

    def describe_scalable_targets(self, **_: Any) -> dict[str, Any]:
        return {"ScalableTargets": self.targets}

    def register_scalable_target(self, **given: Any) -> None:
        self.targets = [self.targets[0] | given]


def deploy(autoscaling: Any) -> tuple[str, ...]:
    plan = scaling.survey(autoscaling, "cluster", PLACE)
    scaling.apply(plan, autoscaling)
    return tuple(change.after or "" for change in plan.changes)


def test_a_release_raises_the_minimum_once_and_keeps_the_maximum() -> None:
    autoscaling = AutoScaling(TARGET | {"MinCapacity": 0})
    assert deploy(autoscaling) == ("minimum 2",)
    assert autoscaling.targets[0]["MinCapacity"] == 2
    assert autoscaling.targets[0]["MaxCapacity"] == 4
    assert deploy(autoscaling) == ()


def test_a_minimum_that_was_raised_by_hand_stays() -> None:
    autoscaling = AutoScaling(TARGET | {"MinCapacity": 3})
    assert deploy(autoscaling) == ()
    assert autoscaling.targets[0]["MinCapacity"] == 3


def test_a_service_that_does_not_scale_is_left_alone() -> None:
    autoscaling = AutoScaling()
    assert deploy(autoscaling) == ()
    assert autoscaling.targets == []
