"""Whole rollouts against a scripted ECS: what a user is told, and what is written how often."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from deploy.errors import PreflightError, ToolError
from deploy.events import Note, PhaseEnded, PhaseOutput, PhaseProgress, PhaseStarted
from deploy.outcome import Outcome
from deploy.service.definition import image_reference, render
from deploy.service.describe import describe_services, read_states
from deploy.service.diff import merged
from deploy.service.plan import ServicePlan, plan_service
from deploy.service.rollout import RolloutResult, apply
from tests.unit.service.world import (
    BACKEND,
    NEW,
    OLD,
    TARGET,
    Clock,
    ScriptedEcs,
    ScriptedLogs,
    Told,
    arn,
    at,
    config_of,
    deployment,
    refusal,
    service,
    service_deployment,
    service_of,
    stopped,
    task,
)

BEFORE = service(deployment(1, 7))
STARTED = service(deployment(2, 8, "IN_PROGRESS", runningCount=0), deployment(1, 7))
DONE = service(deployment(2, 8))
ROLLBACK_REASON = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
ROLLING_BACK = service(
    deployment(3, 7, "IN_PROGRESS", rolloutStateReason=ROLLBACK_REASON),
    deployment(2, 8, "FAILED", rolloutStateReason="tasks failed to start"),
)
ROLLED_BACK = service(deployment(3, 7, rolloutStateReason=ROLLBACK_REASON))
STOP_ARN = service_deployment(2, 8, "")["serviceDeploymentArn"]


def definition(digest: str) -> dict[str, Any]:
    image = image_reference(BACKEND.repository_url, digest)
    return render(config_of(), service_of(), BACKEND, image)


def registered(digest: str, number: int) -> dict[str, Any]:
    identity = {"taskDefinitionArn": arn(number), "revision": number, "status": "ACTIVE"}
    return merged(definition(digest), None) | identity


def world(*after: dict[str, Any] | None, **more: Any) -> ScriptedEcs:
    """ECS with revision 7 (the old digest) running, and these frames after the update."""
    tasks = [task("one", 8), task("two", 8)]
    values: dict[str, Any] = {"definitions": {arn(7): registered(OLD, 7)}, "tasks": tasks}
    return ScriptedEcs(frames=[BEFORE], after=list(after), **values | more)


def bootstrapped(*after: dict[str, Any] | None, **more: Any) -> ScriptedEcs:
    """ECS as Terraform leaves it: no task, and a definition of an image that never was."""
    container = {"name": "backend", "image": "localhost:4566/demo-backend:bootstrap"}
    made = {"family": "demo-backend", "containerDefinitions": [container]}
    made |= {"taskDefinitionArn": arn(7), "status": "ACTIVE"}
    empty: dict[str, Any] = {"desiredCount": 0, "runningCount": 0}
    frames: list[dict[str, Any] | None] = [service(deployment(1, 7, **empty), **empty)]
    return ScriptedEcs(frames=frames, after=list(after), definitions={arn(7): made}, **more)


def planned(ecs: ScriptedEcs, digest: str = NEW) -> ServicePlan:
    state = read_states(ecs, TARGET, ["backend"])["backend"]
    ecs.calls.clear()
    return plan_service(BACKEND, definition(digest), state)


class Run:
    """One apply, and all that it did."""

    def __init__(self, ecs: ScriptedEcs, digest: str = NEW, **more: Any) -> None:
        self.ecs, self.told, self.clock = ecs, Told(), Clock()
        self.logs = more.pop("logs", ScriptedLogs())
        sleep: Callable[[float], None] = more.pop("sleep", self.clock.sleep)
        self.result: RolloutResult = apply(
            more.pop("plan", None) or planned(ecs, digest),
            TARGET,
            ecs=ecs,
            logs=self.logs,
            emit=self.told,
            clock=self.clock,
            sleep=sleep,
            timeout=more.pop("timeout", 600),
            jitter=lambda: 0.5,
            **more,
        )

    @property
    def outcome(self) -> Outcome:
        return self.result.outcome

    @property
    def cause(self) -> str:
        assert self.result.cause is not None
        cause = self.result.cause
        return "\n".join([cause.message, *cause.details, cause.remedy])

    def writes(self) -> list[str]:
        names = ("register_task_definition", "update_service", "stop_service_deployment")
        return [name for name, _ in self.ecs.calls if name in names]


def test_a_changed_image_is_registered_rolled_out_and_proven() -> None:
    run = Run(world(STARTED, STARTED, DONE))
    assert run.outcome is Outcome.SUCCEEDED
    assert run.writes() == ["register_task_definition", "update_service"]
    assert run.ecs.of("update_service") == [
        {"cluster": "demo", "service": "demo-backend", "taskDefinition": arn(8)}
    ]
    assert run.result.task_definition_arn == arn(8)
    assert run.result.deployment_id == "ecs-svc/2"
    assert run.result.digest == NEW
    assert len(run.result.tasks) == 2
    assert run.result.cause is None


def test_unchanged_calls_nothing_and_says_nothing() -> None:
    run = Run(world(), digest=OLD)
    assert run.outcome is Outcome.UNCHANGED
    assert run.ecs.calls == []
    assert run.told.events == []


def test_it_tells_counts_and_new_service_events_once() -> None:
    events = [
        {"id": "later", "createdAt": at(3), "message": "(service demo-backend) has stopped 1 task"},
        {"id": "new", "createdAt": at(3), "message": "(service demo-backend) has started 2 tasks"},
        {"id": "old", "createdAt": at(1), "message": "an old story"},
    ]
    moving = STARTED | {"events": events}
    run = Run(world(moving, moving, moving, DONE | {"events": events}))
    lines = [event.line.rpartition(") ")[2] for event in run.told.of(PhaseOutput)]
    assert lines == ["has started 2 tasks", "has stopped 1 task"]
    progress = run.told.of(PhaseProgress)
    assert [event.done for event in progress] == [0, 2]
    assert "0 running" in progress[0].detail
    assert isinstance(run.told.events[0], PhaseStarted)
    (ended,) = run.told.of(PhaseEnded)
    assert (ended.ok, ended.detail) == (True, "succeeded")


def test_healthy_tasks_are_counted_as_mine() -> None:
    tasks = [task("one", 8, startedBy="ecs-svc/2"), task("two", 7, startedBy="ecs-svc/1")]
    run = Run(world(STARTED, STARTED, ROLLED_BACK, tasks=tasks))
    assert "1 healthy" in run.told.of(PhaseProgress)[0].detail


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


def test_a_manifest_of_the_deployed_index_proves_it() -> None:
    child = "sha256:" + "c" * 64
    tasks = [task("one", 8, child)]
    run = Run(world(STARTED, DONE, tasks=tasks), children=(child,))
    assert run.outcome is Outcome.SUCCEEDED
    assert Run(world(STARTED, DONE, tasks=tasks)).outcome is Outcome.FAILED


def test_a_service_at_zero_is_deployed_without_a_proof_and_says_so() -> None:
    zero: dict[str, Any] = {"desiredCount": 0, "runningCount": 0}
    ecs = world(*[service(deployment(2, 8, **zero), **zero)] * 2, tasks=[])
    ecs.frames = [service(deployment(1, 7, **zero), **zero)]
    run = Run(ecs)
    assert run.outcome is Outcome.SUCCEEDED
    assert run.result.tasks == ()
    assert any("nothing is proven" in note.text for note in run.told.of(Note))


def test_a_service_that_terraform_has_not_made_is_a_preflight_error() -> None:
    with pytest.raises(PreflightError, match="demo-backend") as caught:
        read_states(ScriptedEcs(frames=[None]), TARGET, ["backend"])
    assert "infra.apply" in caught.value.remedy


def test_many_services_are_described_in_calls_of_ten() -> None:
    ecs = ScriptedEcs(frames=[BEFORE])
    names: Sequence[str] = [f"s{number}" for number in range(25)]
    describe_services(ecs, "demo", names)
    assert [len(call["services"]) for call in ecs.of("describe_services")] == [10, 10, 5]
