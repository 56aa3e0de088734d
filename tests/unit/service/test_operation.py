"""What scale, restart and abort would do, and what they refuse before anything is written."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.errors import ConfigError, PreflightError
from deploy.service.operation import (
    Ongoing,
    Wanted,
    newest_ongoing,
    plan_abort,
    plan_restart,
    plan_scale,
)
from deploy.service.plan import ServiceState
from deploy.service.status import Bounds
from tests.unit.service.world import BACKEND, NEW, arn, deployment, service, service_deployment

IMAGE = f"registry/demo-backend@{NEW}"
BOOTSTRAP = "registry/demo-backend:bootstrap"
BOUNDS = Bounds(1, 4)


def definition(image: str = IMAGE, **more: Any) -> dict[str, Any]:
    container = {"name": "backend", "image": image}
    return {"taskDefinitionArn": arn(8), "containerDefinitions": [container], **more}


def state(*, rollout: str = "COMPLETED", image: str = IMAGE, **more: Any) -> ServiceState:
    return ServiceState(service(deployment(2, 8, rollout), **more), definition(image))


CALM = state()


def test_scaled_within_the_bounds() -> None:
    plan = plan_scale(BACKEND, CALM, BOUNDS, Wanted(count=3))
    assert (plan.before, plan.count, plan.bounds) == (2, 3, None)
    assert plan.changed
    assert plan.digest == NEW


def test_without_autoscaling_any_count_will_do() -> None:
    assert plan_scale(BACKEND, CALM, None, Wanted(count=50)).count == 50


@pytest.mark.parametrize(("count", "option"), [(9, "--max 9"), (0, "--min 0")])
def test_outside_the_bounds_the_remedy_names_the_option(count: int, option: str) -> None:
    with pytest.raises(PreflightError, match="autoscaling would undo it") as refused:
        plan_scale(BACKEND, CALM, BOUNDS, Wanted(count=count))
    remedy = refused.value.remedy
    assert f"invoke scale --service backend --count {count} {option}" in remedy


def test_new_bounds_are_set_first_and_others_owners_are_named() -> None:
    plan = plan_scale(BACKEND, CALM, BOUNDS, Wanted(count=9, maximum=9))
    assert plan.bounds == Bounds(1, 9)
    assert [change.subject for change in plan.changes] == ["scaling backend", "service backend"]
    assert "infra.apply" in plan.notes[0]
    lowered = plan_scale(BACKEND, CALM, Bounds(2, 4), Wanted(minimum=1))
    assert "min_tasks" in lowered.notes[0]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [(Wanted(minimum=3), 3), (Wanted(maximum=1), 1), (Wanted(minimum=1, maximum=6), 2)],
)
def test_bounds_alone_move_the_count_only_if_they_must(wanted: Wanted, count: int) -> None:
    assert plan_scale(BACKEND, CALM, BOUNDS, wanted).count == count


@pytest.mark.parametrize("wanted", [Wanted(minimum=5), Wanted(count=9, maximum=5)])
def test_a_request_that_contradicts_itself_is_refused(wanted: Wanted) -> None:
    with pytest.raises(ConfigError):
        plan_scale(BACKEND, CALM, BOUNDS, wanted)


def test_bounds_of_a_service_that_does_not_scale_are_refused() -> None:
    with pytest.raises(PreflightError, match="no autoscaling"):
        plan_scale(BACKEND, CALM, None, Wanted(maximum=3))


def test_what_is_so_already_changes_nothing() -> None:
    assert not plan_scale(BACKEND, CALM, BOUNDS, Wanted(2, 1, 4)).changed


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (state(rollout="IN_PROGRESS"), "is being rolled out"),
        (state(image=BOOTSTRAP), "no release"),
        (ServiceState(service(), None), "no release"),
    ],
)
def test_neither_is_scaled_nor_restarted(found: ServiceState, said: str) -> None:
    with pytest.raises(PreflightError, match=said):
        plan_scale(BACKEND, found, BOUNDS, Wanted(count=3))
    with pytest.raises(PreflightError, match=said):
        plan_restart(BACKEND, found)


def test_a_restart_forces_the_same_revision() -> None:
    plan = plan_restart(BACKEND, CALM)
    assert (plan.update, plan.force, plan.register) == (True, True, False)
    assert plan.definition_arn == plan.running_arn == arn(8)
    assert (plan.expected, plan.digest, plan.desired_count) == (2, NEW, None)
    assert plan.rollback


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (state(desiredCount=0), "scaled to zero"),
        (state(image="registry/demo-backend:latest"), "by a tag"),
        (replace(CALM, running=definition(status="INACTIVE")), "INACTIVE"),
    ],
)
def test_what_could_not_be_restarted_is_refused(found: ServiceState, said: str) -> None:
    with pytest.raises(PreflightError, match=said):
        plan_restart(BACKEND, found)


ROLLING = ServiceState(service(deployment(2, 8, "IN_PROGRESS"), deployment(1, 7)), definition())
ONGOING = Ongoing("arn:deployment", "IN_PROGRESS", (definition(),))


def test_an_abort_asks_for_the_rollback_of_what_is_in_progress() -> None:
    plan = plan_abort(BACKEND, ROLLING, ONGOING)
    assert (plan.deployment, plan.stop, plan.withdraw) == ("arn:deployment", True, False)
    assert plan.changed


def test_nothing_to_abort_is_a_plan_without_changes() -> None:
    assert not plan_abort(BACKEND, CALM, None).changed


def test_what_is_being_rolled_back_already_is_only_followed() -> None:
    plan = plan_abort(BACKEND, ROLLING, replace(ONGOING, status="ROLLBACK_IN_PROGRESS"))
    assert plan.changed
    assert not plan.stop


def test_a_first_release_is_taken_back_to_the_placeholder() -> None:
    """ECS would roll back to a definition whose image was never there."""
    plan = plan_abort(BACKEND, ROLLING, replace(ONGOING, sources=(definition(BOOTSTRAP),)))
    assert (plan.stop, plan.withdraw, plan.back) == (False, True, arn(8))


def test_the_newest_deployment_in_progress_is_the_one() -> None:
    records = [
        service_deployment(3, 8, "IN_PROGRESS"),
        service_deployment(2, 8, "STOP_REQUESTED"),
        service_deployment(4, 8, "SUCCESSFUL"),
    ]
    assert newest_ongoing(records) == records[0]
    assert newest_ongoing(records[2:]) is None
