"""Rollouts that end badly: the outcome, the exit code, the cause, what is left behind."""

from deploy.events import PhaseEnded
from deploy.outcome import Outcome
from tests.unit.service.scripted_rollout import (
    DONE,
    ROLLBACK_REASON,
    ROLLED_BACK,
    ROLLING_BACK,
    STARTED,
    STOP_ARN,
    Run,
    bootstrapped,
    world,
)
from tests.unit.service.world import (
    BACKEND,
    OLD,
    ScriptedLogs,
    arn,
    deployment,
    refusal,
    service,
    service_deployment,
    stopped,
    task,
)


class TestFailures:
    def test_a_rollback_is_never_a_success(self) -> None:
        """The world in which fabfuel/ecs-deploy said "Deployment successful" and exited 0."""
        dead = stopped(
            "dead",
            8,
            2,
            stopCode="EssentialContainerExited",
            stoppedReason="Essential container in task exited",
            container={"exitCode": 3},
        )
        logs = ScriptedLogs({"backend/backend/dead": ["starting", "KeyError: 'DATABASE_URL'"]})
        ecs = world(STARTED, STARTED, ROLLING_BACK, ROLLED_BACK, tasks=[dead, task("one", 7, OLD)])
        run = Run(ecs, logs=logs)
        assert run.outcome is Outcome.ROLLED_BACK
        assert run.outcome.exit_code == 4
        assert "exited with code 3" in run.cause
        assert "KeyError: 'DATABASE_URL'" in run.cause
        assert run.writes() == ["register_task_definition", "update_service"]
        assert run.told.of(PhaseEnded)[0].ok is False

    def test_superseded_by_another_deploy(self) -> None:
        newer = service(deployment(3, 9, "IN_PROGRESS"), deployment(2, 8, "IN_PROGRESS"))
        run = Run(world(STARTED, STARTED, newer))
        assert run.outcome.exit_code == 5
        assert "ecs-svc/3" in run.cause

    def test_the_timeout_leaves_the_rollout_going_and_says_how_to_stop_it(self) -> None:
        entries = [service_deployment(2, 8, "IN_PROGRESS")]
        run = Run(world(STARTED, service_deployments=entries), timeout=30)
        assert run.outcome.exit_code == 6
        assert 30 <= run.clock.now < 36
        assert "stop-service-deployment" in run.cause
        assert STOP_ARN in run.cause
        assert run.result.next_step == "invoke deploy-backend --service backend --env local"
        assert "stop_service_deployment" not in run.writes()

    def test_a_failing_first_release_is_scaled_to_zero_again(self) -> None:
        failed = service(deployment(2, 8, "FAILED", runningCount=0))
        run = Run(bootstrapped(failed, failed))
        assert run.outcome is Outcome.FAILED
        assert run.outcome.exit_code == 1
        started, withdrawn = run.ecs.of("update_service")
        assert started["desiredCount"] == BACKEND.min_tasks
        assert (withdrawn["desiredCount"], withdrawn["taskDefinition"]) == (0, arn(7))

    def test_a_first_release_that_ecs_undoes_has_failed(self) -> None:
        undone = service(
            deployment(3, 7, "IN_PROGRESS", rolloutStateReason=ROLLBACK_REASON),
            deployment(2, 8, "FAILED"),
        )
        begun = service(deployment(2, 8, "IN_PROGRESS"))
        run = Run(bootstrapped(begun, undone))
        assert run.outcome is Outcome.FAILED
        assert run.ecs.of("update_service")[-1]["desiredCount"] == 0

    def test_a_flapping_task_is_rolled_back_although_ecs_never_does(self) -> None:
        counts = [2, 0] * 12
        flapping = [
            service(deployment(2, 8, "IN_PROGRESS", failedTasks=count), deployment(1, 7))
            for count in counts
        ]
        entries = [service_deployment(2, 8, "IN_PROGRESS")]
        ecs = world(*flapping, service_deployments=entries, after_stop=[ROLLING_BACK, ROLLED_BACK])
        run = Run(ecs)
        assert run.outcome is Outcome.ROLLED_BACK
        assert ecs.of("stop_service_deployment") == [
            {"serviceDeploymentArn": STOP_ARN, "stopType": "ROLLBACK"}
        ]
        assert "tasks failed" in run.cause

    def test_a_rollback_that_ecs_refuses_is_a_failure(self) -> None:
        broken = service(deployment(2, 8, "IN_PROGRESS", failedTasks=50), deployment(1, 7))
        faults: dict[str, list[BaseException | None]] = {
            "stop_service_deployment": [refusal("AccessDeniedException")]
        }
        run = Run(world(broken, broken, faults=faults))
        assert run.outcome is Outcome.FAILED
        assert "AccessDenied" in run.cause

    def test_completed_with_other_tasks_is_no_success(self) -> None:
        run = Run(world(STARTED, DONE, tasks=[task("one", 8, OLD)]))
        assert run.outcome is Outcome.FAILED
        assert OLD in run.cause

    def test_completed_and_then_replaced_is_superseded(self) -> None:
        newer = service(deployment(3, 9, "IN_PROGRESS"))
        run = Run(world(STARTED, DONE, newer, tasks=[task("one", 9, OLD)]))
        assert run.outcome is Outcome.SUPERSEDED
