"""Rollouts through a bad API, again after a bad end, and interrupted."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from deploy.errors import ToolError
from deploy.events import Note
from deploy.outcome import Outcome
from tests.unit.service.scripted_rollout import (
    BEFORE,
    DONE,
    ROLLED_BACK,
    ROLLING_BACK,
    STARTED,
    Run,
    bootstrapped,
    planned,
    registered,
    world,
)
from tests.unit.service.world import (
    NEW,
    Clock,
    ScriptedEcs,
    arn,
    deployment,
    refusal,
    service,
    service_deployment,
)


class TestApi:
    def test_throttling_in_the_wait_is_outlived(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.faults["describe_services"] = [None, *[refusal("ThrottlingException")] * 5]
        run = Run(ecs)
        assert run.outcome is Outcome.SUCCEEDED
        assert len(run.told.of(Note)) == 1

    @pytest.mark.parametrize(
        "error",
        [
            EndpointConnectionError(endpoint_url="http://localhost:4566"),
            ReadTimeoutError(endpoint_url="http://localhost:4566"),
            refusal("InternalFailure", status=500),
        ],
    )
    def test_a_short_outage_is_outlived(self, error: Exception) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.faults["describe_services"] = [None, *[error] * 60]
        assert Run(ecs).outcome is Outcome.SUCCEEDED

    def test_outages_are_counted_one_by_one(self) -> None:
        ecs = world(STARTED, STARTED, STARTED, DONE)
        away: list[BaseException | None] = [refusal("InternalFailure", 500)] * 90
        ecs.faults["describe_services"] = [None, *away, None, *away]
        assert Run(ecs).outcome is Outcome.SUCCEEDED

    def test_a_long_outage_is_an_error_that_says_what_goes_on(self) -> None:
        ecs = world(STARTED, DONE)
        ecs.faults["describe_services"] = [None, *[refusal("InternalFailure", 503)] * 1000]
        with pytest.raises(ToolError, match="the rollout goes on") as caught:
            Run(ecs)
        assert "invoke deploy-backend" in caught.value.remedy

    def test_the_deadline_holds_in_an_outage_too(self) -> None:
        ecs = world(STARTED, STARTED)
        ecs.faults["describe_services"] = [None, *[refusal("InternalFailure", 503)] * 65]
        assert Run(ecs, timeout=60).outcome is Outcome.TIMED_OUT

    def test_expired_credentials_end_the_wait_soon_and_clearly(self) -> None:
        ecs = world(STARTED, DONE)
        ecs.faults["describe_services"] = [None, *[refusal("ExpiredTokenException")] * 1000]
        with pytest.raises(ToolError, match="ExpiredToken") as caught:
            Run(ecs)
        assert "credentials" in caught.value.remedy

    def test_credentials_that_are_refreshed_in_time_are_no_failure(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.faults["describe_services"] = [None, *[refusal("ExpiredTokenException")] * 3]
        assert Run(ecs).outcome is Outcome.SUCCEEDED

    def test_a_denied_read_is_not_tried_again(self) -> None:
        ecs = world(STARTED, DONE)
        ecs.faults["describe_services"] = [None, refusal("AccessDeniedException")]
        with pytest.raises(ToolError, match="AccessDenied"):
            Run(ecs)

    def test_without_service_deployments_the_deployment_itself_is_enough(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        denied: list[BaseException | None] = [refusal("AccessDeniedException")] * 99
        ecs.faults["list_service_deployments"] = denied
        assert Run(ecs).outcome is Outcome.SUCCEEDED

    def test_a_lost_reply_to_the_update_is_looked_up_and_not_repeated(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.lost["update_service"] = [ReadTimeoutError(endpoint_url="http://localhost:4566")]
        run = Run(ecs)
        assert run.outcome is Outcome.SUCCEEDED
        assert len(ecs.of("update_service")) == 1

    def test_an_update_that_never_arrived_is_sent_again(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        timeout = ReadTimeoutError(endpoint_url="http://localhost:4566")
        ecs.faults["update_service"] = [timeout]
        assert Run(ecs).outcome is Outcome.SUCCEEDED
        assert len(ecs.of("update_service")) == 2

    def test_a_lost_reply_to_the_registration_makes_no_second_revision(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.lost["register_task_definition"] = [refusal("InternalFailure", 500)]
        assert Run(ecs).outcome is Outcome.SUCCEEDED
        assert sorted(ecs.definitions) == [arn(7), arn(8)]

    @pytest.mark.parametrize("operation", ["register_task_definition", "update_service"])
    def test_a_refused_write_is_a_failure_with_its_reason(self, operation: str) -> None:
        ecs = world(STARTED, DONE)
        ecs.faults[operation] = [refusal("AccessDeniedException")]
        with pytest.raises(ToolError, match="AccessDenied"):
            Run(ecs)

    def test_one_call_a_poll_and_a_second_between_them(self) -> None:
        run = Run(world(*[STARTED] * 20, DONE))
        assert run.clock.now == pytest.approx(19, abs=1)
        assert len(run.ecs.of("describe_services")) <= 21
        assert len(run.ecs.of("list_tasks")) < 20


class TestReruns:
    def test_a_revision_that_is_registered_already_is_reused(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.definitions[arn(8)] = registered(NEW, 8)
        run = Run(ecs)
        assert run.outcome is Outcome.SUCCEEDED
        assert run.writes() == ["update_service"]

    def test_a_rollout_in_progress_is_followed_and_not_started_again(self) -> None:
        ecs = world()
        ecs.definitions[arn(8)] = registered(NEW, 8)
        ecs.frames = [STARTED, STARTED, STARTED, DONE]
        run = Run(ecs)
        assert run.outcome is Outcome.SUCCEEDED
        assert run.writes() == []

    def test_a_failed_rollout_of_the_same_revision_is_forced(self) -> None:
        ecs = world(STARTED, STARTED, DONE)
        ecs.definitions[arn(8)] = registered(NEW, 8)
        failed = deployment(0, 8, "FAILED", runningCount=0)
        ecs.frames = [service(failed, deployment(-1, 7))]
        assert Run(ecs).outcome is Outcome.SUCCEEDED
        assert ecs.of("update_service")[0]["forceNewDeployment"] is True

    def test_a_rollout_that_ended_before_it_was_followed_is_proven_all_the_same(self) -> None:
        ecs = world()
        ecs.definitions[arn(8)] = registered(NEW, 8)
        ecs.frames = [STARTED, DONE]
        run = Run(ecs)
        assert run.outcome is Outcome.SUCCEEDED
        assert len(run.result.tasks) == 2

    def test_a_followed_rollout_that_is_gone_is_said_so(self) -> None:
        ecs = world()
        ecs.definitions[arn(8)] = registered(NEW, 8)
        ecs.frames = [STARTED, ROLLED_BACK]
        with pytest.raises(ToolError, match="ended before it could be followed"):
            Run(ecs)

    def test_a_lost_forced_update_does_not_adopt_the_failed_rollout_before_it(self) -> None:
        ecs = world()
        ecs.definitions[arn(8)] = registered(NEW, 8)
        ecs.frames = [service(deployment(0, 8, "FAILED", runningCount=0), deployment(-1, 7))]
        plan = planned(ecs)
        ecs.faults["update_service"] = [refusal("InternalFailure", 500)]
        begun = service(deployment(2, 8, "IN_PROGRESS"), deployment(-1, 7))
        frames = iter([begun, begun, DONE])
        update, ecs.after = ecs.update_service, []

        def arrive(**given: Any) -> dict[str, Any]:
            if len(ecs.of("update_service")) == 1:
                ecs.after = list(frames)
            return update(**given)

        ecs.update_service = arrive  # type: ignore[method-assign]
        assert Run(ecs, plan=plan).outcome is Outcome.SUCCEEDED
        assert len(ecs.of("update_service")) == 2

    def test_an_update_that_starts_nothing_is_unchanged(self) -> None:
        """Somebody deployed the same between plan and apply."""
        ecs = world(BEFORE)
        ecs.definitions[arn(8)] = registered(NEW, 8)
        plan = planned(ecs)
        ecs.after = [service(deployment(1, 8))]
        assert Run(ecs, plan=plan).outcome is Outcome.UNCHANGED


class TestInterrupt:
    def interrupting(self, clock: Clock, *polls: int) -> Callable[[float], None]:
        """A sleep in which Ctrl-C is pressed at these polls."""
        count = 0

        def sleep(seconds: float) -> None:
            nonlocal count
            count += 1
            clock.sleep(seconds)
            if count in polls:
                raise KeyboardInterrupt

        return sleep

    def run(self, ecs: ScriptedEcs, *polls: int, ask: Any = None) -> Run:
        return Run(ecs, sleep=self.interrupting(Clock(), *polls), ask=ask)

    def test_roll_back_asks_ecs_and_follows_it_to_its_end(self) -> None:
        entries = [service_deployment(2, 8, "IN_PROGRESS")]
        ecs = world(
            STARTED,
            service_deployments=entries,
            after_stop=[ROLLING_BACK, ROLLING_BACK, ROLLED_BACK],
        )
        run = self.run(ecs, 3, ask=lambda: "rollback")
        assert run.outcome is Outcome.ROLLED_BACK
        assert ecs.of("stop_service_deployment")[0]["stopType"] == "ROLLBACK"
        assert "you chose to roll back" in run.cause

    def test_detach_leaves_it_alone_and_says_how_to_come_back(self) -> None:
        run = self.run(world(STARTED), 3, ask=lambda: "detach")
        assert run.outcome.exit_code == 130
        assert run.writes() == ["register_task_definition", "update_service"]
        assert "invoke deploy-backend --service backend --env local" in run.cause
        assert "stop-service-deployment" in run.cause

    def test_nobody_there_to_be_asked_detaches(self) -> None:
        assert self.run(world(STARTED), 1).outcome is Outcome.INTERRUPTED

    def test_a_second_one_while_asked_detaches(self) -> None:
        def ask() -> str:
            raise KeyboardInterrupt

        assert self.run(world(STARTED), 1, ask=ask).outcome is Outcome.INTERRUPTED

    def test_a_second_one_during_the_rollback_detaches(self) -> None:
        entries = [service_deployment(2, 8, "IN_PROGRESS")]
        ecs = world(STARTED, service_deployments=entries, after_stop=[ROLLING_BACK])
        run = self.run(ecs, 2, 5, ask=lambda: "rollback")
        assert run.outcome is Outcome.INTERRUPTED
        assert len(ecs.of("stop_service_deployment")) == 1

    def test_a_rollback_that_can_not_be_asked_for_detaches(self) -> None:
        ecs = world(STARTED)
        ecs.faults["stop_service_deployment"] = [refusal("ConflictException")]
        run = self.run(ecs, 2, ask=lambda: "rollback")
        assert run.outcome is Outcome.INTERRUPTED
        assert any("Conflict" in note.text for note in run.told.of(Note))

    def test_rolling_a_first_release_back_scales_it_to_zero(self) -> None:
        begun = service(deployment(2, 8, "IN_PROGRESS"))
        run = self.run(bootstrapped(begun), 2, ask=lambda: "rollback")
        assert run.outcome is Outcome.FAILED
        assert run.ecs.of("update_service")[-1]["desiredCount"] == 0
