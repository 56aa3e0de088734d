"""What is read out of ECS's replies."""

import pytest

from deploy.service.observation import brief, failed, parse, service_deployment_of
from tests.unit.service.world import (
    EPOCH,
    arn,
    deployment,
    service,
    service_deployment,
    stopped,
    task,
)

REVISIONS = {
    service_deployment(0, revision, "")["targetServiceRevisionArn"]: arn(revision)
    for revision in (7, 8, 9)
}


def test_my_service_deployment_is_the_first_of_my_revision_since_mine_began() -> None:
    mine, later = service_deployment(20, 8, ""), service_deployment(30, 8, "")
    earlier, other = service_deployment(5, 8, ""), service_deployment(20, 9, "")
    found = service_deployment_of([later, other, mine, earlier], REVISIONS, arn(8), EPOCH + 20)
    assert found == mine["serviceDeploymentArn"]


def test_an_earlier_rollout_of_the_same_revision_is_not_mine() -> None:
    earlier = service_deployment(5, 8, "SUCCESSFUL")
    assert service_deployment_of([earlier], REVISIONS, arn(8), EPOCH + 20) == ""


def test_a_revision_that_is_not_known_is_nobodys() -> None:
    assert service_deployment_of([service_deployment(20, 8, "")], {}, arn(8), EPOCH + 20) == ""


def test_only_tasks_of_my_deployment_count() -> None:
    tasks = [
        stopped("mine", 8, 2, stopCode="EssentialContainerExited"),
        stopped("other", 7, 1, stopCode="EssentialContainerExited"),
        task("well", 8, startedBy="ecs-svc/2"),
        task("ill", 8, startedBy="ecs-svc/2", healthStatus="UNHEALTHY"),
    ]
    seen = parse(service(deployment(2, 8)), None, tasks, "ecs-svc/2")
    assert seen.failed_tasks == {tasks[0]["taskArn"]}
    assert seen.healthy == 1


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"stopCode": "EssentialContainerExited"}, True),
        ({"stopCode": "TaskFailedToStart"}, True),
        (
            {
                "stopCode": "ServiceSchedulerInitiated",
                "stoppedReason": "Task failed ELB health checks in (target-group demo)",
            },
            True,
        ),
        ({"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Scaling activity"}, False),
        ({"stopCode": "UserInitiated"}, False),
        ({"stopCode": "SpotInterruption"}, False),
    ],
)
def test_a_task_that_was_only_scaled_in_has_not_failed(
    more: dict[str, str], *, expected: bool
) -> None:
    assert failed(stopped("one", 8, 2) | more) is expected


def test_a_reply_with_nothing_but_the_least_is_read() -> None:
    seen = parse({"deployments": [{"id": "ecs-svc/2"}]})
    assert seen.primary is None
    assert seen.strategy == "ROLLING"
    assert seen.deployment("ecs-svc/2") is not None
    assert not parse(None).exists


def test_a_target_group_is_told_by_its_name() -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/demo-api/0e089x9m23"
    assert brief(f"registered 1 targets in (target-group {arn})") == (
        "registered 1 targets in (target-group demo-api)"
    )
    assert brief("has reached a steady state.") == "has reached a steady state."
