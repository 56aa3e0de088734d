import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.ecs import rollouts, scheduler
from localcloud.ecs.model import DeploymentStatus, Health, Rollout, Task, TaskStatus
from localcloud.ecs.scheduler import Complete, StartTasks, StopTask
from localcloud.ports import TargetState
from tests.unit.localcloud.ecs.world import (
    PACE,
    PREFIX,
    Simulation,
    behind,
    service,
    task,
    with_check,
)

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


# --- healthy and failing


def test_without_any_check_a_task_is_healthy_once_it_has_run_a_while() -> None:
    one = task(service())
    assert not scheduler.healthy(one, PACE.settle - 0.1, PACE.settle)
    assert scheduler.healthy(one, PACE.settle, PACE.settle)


@pytest.mark.parametrize("state", [s for s in TargetState if s is not TargetState.HEALTHY])
def test_a_task_behind_a_load_balancer_needs_a_healthy_target(state: TargetState) -> None:
    assert not scheduler.healthy(behind(task(service()), state), 1000, PACE.settle)
    assert scheduler.healthy(behind(task(service()), TargetState.HEALTHY), 1, PACE.settle)


@pytest.mark.parametrize("health", [Health.UNKNOWN, Health.UNHEALTHY])
def test_a_container_check_counts_beside_the_target(health: Health) -> None:
    one = with_check(behind(task(service()), TargetState.HEALTHY), health)
    assert not scheduler.healthy(one, 1000, PACE.settle)


def test_nothing_fails_within_the_grace_period() -> None:
    one = behind(task(service()), TargetState.UNHEALTHY)
    assert scheduler.failing(one, 29.9, 30) == ""
    assert scheduler.failing(one, 30, 30) == (
        "Task failed ELB health checks in (target-group arn:tg)"
    )
    sick = with_check(task(service()), Health.UNHEALTHY)
    assert scheduler.failing(sick, 0, 0) == "Task failed container health checks"


# --- the plan


def stops(actions: list[scheduler.Action]) -> list[str]:
    return [action.task for action in actions if isinstance(action, StopTask)]


def test_a_new_service_starts_what_is_desired() -> None:
    made = service(3)
    assert scheduler.plan(made, [], 1, PACE) == [StartTasks(made.primary.id, 3)]


def test_a_service_of_none_is_complete_at_once() -> None:
    made = service(0)
    assert scheduler.plan(made, [], 1, PACE) == [Complete(made.primary.id)]


def test_a_deployment_is_not_complete_while_an_old_task_is_draining() -> None:
    made = service(1)
    old = task(made, desired="STOPPED", status=TaskStatus.DEACTIVATING)
    rollouts.begin(made, [old], PREFIX, 1)
    new = behind(task(made), TargetState.HEALTHY)
    assert scheduler.plan(made, [old, new], 10, PACE) == []
    old.status = TaskStatus.STOPPED
    assert scheduler.plan(made, [old, new], 10, PACE) == [Complete(made.primary.id)]


def test_old_tasks_stay_until_new_ones_are_healthy() -> None:
    made = service(2)
    old = [behind(task(made, settled=True), TargetState.HEALTHY) for _ in range(2)]
    rollouts.begin(made, old, PREFIX, 1)
    new = [behind(task(made), TargetState.INITIAL) for _ in range(2)]
    assert scheduler.plan(made, [*old, *new], 10, PACE) == []
    behind(new[0], TargetState.HEALTHY)
    assert len(stops(scheduler.plan(made, [*old, *new], 10, PACE))) == 1


def test_an_unhealthy_task_that_served_is_replaced_before_it_is_stopped() -> None:
    made = service(1)
    sick = behind(task(made, settled=True), TargetState.UNHEALTHY)
    made.primary.state = Rollout.COMPLETED
    assert scheduler.plan(made, [sick], 10, PACE) == [StartTasks(made.primary.id, 1)]
    new = behind(task(made), TargetState.HEALTHY)
    assert stops(scheduler.plan(made, [sick, new], 10, PACE)) == [sick.id]


def test_an_unhealthy_task_goes_first_where_there_is_no_room() -> None:
    made = service(1, minimumHealthyPercent=0, maximumPercent=100)
    sick = behind(task(made, settled=True), TargetState.UNHEALTHY)
    made.primary.state = Rollout.COMPLETED
    assert stops(scheduler.plan(made, [sick], 10, PACE)) == [sick.id]


def test_scaling_in_keeps_the_healthy_tasks() -> None:
    made = service(1)
    good = behind(task(made, settled=True), TargetState.HEALTHY)
    fresh = behind(task(made), TargetState.INITIAL)
    assert stops(scheduler.plan(made, [good, fresh], 10, PACE)) == [fresh.id]


def test_a_failed_deployment_starts_nothing_and_spares_the_old_tasks() -> None:
    made = service(1)
    old = behind(task(made, settled=True), TargetState.HEALTHY)
    rollouts.begin(made, [old], PREFIX, 1)
    made.primary.state = Rollout.FAILED
    assert scheduler.plan(made, [old], 10, PACE) == []


def test_a_draining_service_stops_everything() -> None:
    made = service(2)
    running = [task(made), task(made)]
    made.status = "DRAINING"
    assert stops(scheduler.plan(made, running, 10, PACE)) == [one.id for one in running]


# --- whole stories


def test_a_first_deployment_that_crashes_fails_and_launches_no_more() -> None:
    play = Simulation(service(2, **BREAKER), good=set())
    play.play(60)
    assert play.service.primary.state is Rollout.FAILED
    assert play.service.primary.record.status is DeploymentStatus.ROLLBACK_FAILED
    launched = len(play.tasks)
    play.play(200)
    assert len(play.tasks) == launched == 4  # two rounds of two reach the threshold of three


def test_without_a_breaker_it_is_tried_for_ever_but_ever_more_slowly() -> None:
    play = Simulation(service(1), good=set())
    play.play(600)
    assert play.service.primary.state is Rollout.IN_PROGRESS
    assert 10 < len(play.tasks) < 30


def test_a_crashing_release_is_rolled_back_by_a_new_deployment() -> None:
    play = Simulation(service(2, **BREAKER), good={"app:1"})
    play.play(10)
    first = play.service.primary.id
    bad = play.deploy("app:2")
    play.play(60)
    assert play.service.primary.id not in {first, bad}
    assert play.service.primary.state is Rollout.COMPLETED
    assert play.service.spec["taskDefinition"] == "app:1"
    assert [d.id for d in play.service.deployments] == [play.service.primary.id]
    assert play.service.records[0].status is DeploymentStatus.ROLLBACK_SUCCESSFUL
    assert play.least_healthy == 2


def test_a_rollback_that_fails_too_stalls() -> None:
    play = Simulation(service(1, **BREAKER), good={"app:1"})
    play.play(10)
    play.deploy("app:2")
    play.good.clear()
    play.play(100)
    assert play.service.records[0].status is DeploymentStatus.ROLLBACK_FAILED
    assert play.service.primary.state is Rollout.FAILED


def test_a_superseded_deployment_is_stopped_and_its_tasks_go() -> None:
    play = Simulation(service(2), good={"app:1", "app:3"})
    play.play(10)
    play.deploy("app:2")
    play.play(1)
    third = play.deploy("app:3")
    play.play(30)
    assert [d.id for d in play.service.deployments] == [third]
    states = [record.status for record in play.service.records]
    assert states == [
        DeploymentStatus.SUCCESSFUL,
        DeploymentStatus.STOPPED,
        DeploymentStatus.SUCCESSFUL,
    ]


@settings(max_examples=150, deadline=None)
@given(
    desired=st.integers(0, 6),
    minimum=st.integers(0, 100),
    extra=st.integers(0, 100),
    good=st.booleans(),
    breaker=st.booleans(),
)
def test_every_rollout_keeps_its_limits_and_ends(
    desired: int, minimum: int, extra: int, *, good: bool, breaker: bool
) -> None:
    configuration = {"minimumHealthyPercent": minimum, "maximumPercent": 100 + extra}
    made = service(desired, **configuration, **(BREAKER if breaker else {}))
    play = Simulation(made, good={"app:1", "app:2"} if good else {"app:1"})
    play.play(15)
    assert made.primary.state is Rollout.COMPLETED
    play.deploy("app:2")
    play.play(150)

    most, least = desired * (100 + extra) // 100, -(-desired * minimum // 100)
    assert play.most <= most
    assert play.least_healthy >= least
    stuck = desired > 0 and most == least
    if not stuck and (good or breaker or desired == 0):
        assert (made.primary.state.value, len(made.deployments)) == ("COMPLETED", 1)
    else:
        assert made.primary.state.value == "IN_PROGRESS"


@given(
    st.lists(st.sampled_from(["tick", "deploy good", "deploy bad", "scale", "kill"]), max_size=40)
)
@settings(max_examples=100, deadline=None)
def test_whatever_happens_the_service_settles_on_a_good_revision(steps: list[str]) -> None:
    made = service(2, **BREAKER)
    play = Simulation(made, good={"app:1"})
    play.play(10)
    for number, step in enumerate(steps):
        _step(play, step, number)
        play.tick()
    play.play(150)
    assert made.primary.state is Rollout.COMPLETED
    assert made.primary.revision.definition_arn in play.good
    live = [one for one in play.tasks if one.live]
    assert len(live) == made.desired
    assert {one.deployment for one in live} <= {made.primary.id}
    assert not [record for record in made.records if rollouts.ongoing(record)]


def _step(play: Simulation, step: str, number: int) -> None:
    if step.startswith("deploy"):
        reference = f"app:{number + 2}"
        if step == "deploy good":
            play.good.add(reference)
        play.deploy(reference)
    elif step == "scale":
        play.service.desired = 1 + number % 4
    elif step == "kill":
        _kill([one for one in play.tasks if one.live][:1])


def _kill(found: list[Task]) -> None:
    for one in found:
        one.status, one.desired = TaskStatus.STOPPED, "STOPPED"
