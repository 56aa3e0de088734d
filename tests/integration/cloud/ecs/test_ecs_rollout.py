"""Rolling updates as AWS documents them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import docker
import httpx
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.ecs.world import PORT, World
from tests.integration.local_cloud import eventually

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


@dataclass
class Traffic:
    """What requests were answered with, while they went on."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


@contextmanager
def traffic(url: str, rate: float = 50) -> Iterator[Traffic]:
    """Send `rate` requests a second until the block ends."""
    seen, over = Traffic(), threading.Event()

    def ask() -> None:
        with httpx.Client(trust_env=False, timeout=10) as client:
            while not over.wait(1 / rate):
                try:
                    reply = client.get(url)
                    reply.raise_for_status()
                    seen.answers[reply.json()["version"]] += 1
                except httpx.HTTPError as error:
                    seen.failures.append(repr(error))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def messages(service: dict[str, Any]) -> list[str]:
    return [event["message"] for event in service["events"]]


def test_a_first_deployment_is_in_progress_until_its_targets_are_healthy(
    world: World, balancer: Balancer
) -> None:
    """API_Deployment.html: "When the service reaches a steady state", not before."""
    balancer.listen()
    created = world.create(world.probe(start=2), balancer=balancer, desiredCount=2)
    first = created["deployments"][0]
    assert (first["status"], first["rolloutState"]) == ("PRIMARY", "IN_PROGRESS")
    assert created["runningCount"] == 0

    running = world.until(lambda s: s["runningCount"] == 2)
    assert running["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    done = world.completed()
    assert done["deployments"][0]["id"] == first["id"]
    assert balancer.get().json() == {"version": "1"}

    tasks = world.tasks(serviceName="app")
    assert {task["startedBy"] for task in tasks} == {first["id"]}
    assert {task["group"] for task in tasks} == {"service:app"}
    said = messages(done)
    assert said[:2] == [
        "(service app) has reached a steady state.",
        f"(service app) (deployment {first['id']}) deployment completed.",
    ]
    assert f"(service app) registered 1 targets in (target-group {balancer.group})" in said
    assert said[-1].startswith("(service app) has started 2 tasks: (task ")


def test_the_service_deployment_tells_the_same_story(world: World) -> None:
    """.../APIReference/API_ServiceDeployment.html, .../API_ServiceRevision.html"""
    definition = world.probe()
    world.create(definition)
    service = world.completed()
    (record,) = world.deployments()
    assert record["status"] == "SUCCESSFUL"
    assert record["serviceDeploymentArn"] == service["currentServiceDeployment"]
    assert record["createdAt"] <= record["startedAt"] <= record["finishedAt"]
    assert record["sourceServiceRevisions"] == []
    target = record["targetServiceRevision"]
    assert (target["requestedTaskCount"], target["runningTaskCount"]) == (1, 1)
    assert record["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE"
    assert service["currentServiceRevisions"][0]["arn"] == target["arn"]
    (revision,) = world.ecs.describe_service_revisions(serviceRevisionArns=[target["arn"]])[
        "serviceRevisions"
    ]
    assert revision["taskDefinition"] == definition
    assert revision["containerImages"][0]["imageDigest"] == world.image.partition("@")[2]


def test_a_rolling_update_fails_no_request(world: World, balancer: Balancer) -> None:
    """deployment-type-ecs.html; with a slow starter, and 100 % minimum healthy."""
    balancer.listen()
    world.create(world.probe(version=1), balancer=balancer, desiredCount=2)
    before = world.completed()["deployments"][0]["id"]
    with traffic(balancer.url) as seen:
        updated = world.update(taskDefinition=world.probe(version=2, start=3))
        assert [d["status"] for d in updated["deployments"]] == ["PRIMARY", "ACTIVE"]
        assert updated["deployments"][0]["id"] != before
        world.completed()
    assert seen.failures == []
    assert set(seen.answers) == {"1", "2"}
    assert balancer.get().json() == {"version": "2"}


def test_a_request_under_way_is_finished_before_its_task_stops(
    world: World, balancer: Balancer
) -> None:
    """.../elasticloadbalancing/latest/application/edit-target-group-attributes.html"""
    balancer.listen(delay=20)
    world.create(world.probe(), balancer=balancer)
    world.completed()
    old = world.tasks(serviceName="app")[0]["taskArn"]
    replies: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: replies.append(balancer.get("/slow?seconds=12")))
    slow.start()
    world.update(forceNewDeployment=True)
    eventually(lambda: world.task(old)["lastStatus"] == "DEACTIVATING", 30)
    slow.join()
    assert replies[0].text == "slow"
    assert world.in_status(old, "STOPPED")["containers"][0]["exitCode"] == 0
    world.completed()


def test_without_room_to_start_first_the_minimum_decides(world: World) -> None:
    """API_DeploymentConfiguration.html: minimumHealthyPercent and maximumPercent"""
    limits = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    world.create(world.probe(), desiredCount=2, deploymentConfiguration=limits)
    world.completed()
    world.update(taskDefinition=world.probe(version=2))
    counts = set()

    def look(service: dict[str, Any]) -> bool:
        counts.add(service["runningCount"] + service["pendingCount"])
        return bool(service["deployments"][0]["rolloutState"] == "COMPLETED")

    world.until(look)
    assert max(counts) == 2
    assert min(counts) >= 1


def test_nothing_desired_is_completed_at_once(world: World) -> None:
    world.create(world.probe(), desiredCount=0)
    service = world.completed(5)
    assert (service["runningCount"], service["desiredCount"]) == (0, 0)


def test_scaling_is_no_deployment(world: World) -> None:
    """.../developerguide/update-service-parameters.html"""
    world.create(world.probe())
    before = world.completed()["deployments"][0]["id"]
    world.update(desiredCount=3)
    world.until(lambda s: s["runningCount"] == 3)
    world.update(desiredCount=1)
    service = world.until(lambda s: s["runningCount"] == 1 and not s["pendingCount"])
    assert service["deployments"][0]["id"] == before
    assert len(world.deployments()) == 1
    stopped = world.tasks("STOPPED")
    assert {task["stopCode"] for task in stopped} == {"ServiceSchedulerInitiated"}


def test_only_a_change_or_force_starts_a_deployment(world: World) -> None:
    """.../APIReference/API_UpdateService.html: forceNewDeployment"""
    definition = world.probe()
    world.create(definition)
    before = world.completed()["deployments"][0]["id"]
    assert world.update(taskDefinition=definition)["deployments"][0]["id"] == before
    assert world.update(forceNewDeployment=True)["deployments"][0]["id"] != before


def test_a_task_that_dies_is_replaced(world: World) -> None:
    """.../developerguide/ecs_services.html: the scheduler keeps the desired count."""
    world.create(world.probe())
    world.completed()
    first = world.tasks(serviceName="app")[0]
    engine = docker.from_env()
    engine.containers.get(first["containers"][0]["runtimeId"]).kill()
    engine.close()
    dead = world.in_status(first["taskArn"], "STOPPED")
    assert (dead["stopCode"], dead["containers"][0]["exitCode"]) == (
        "EssentialContainerExited",
        137,
    )
    service = world.until(lambda s: s["runningCount"] == 1)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert world.tasks(serviceName="app")[0]["taskArn"] != first["taskArn"]


def test_a_newer_deployment_supersedes_one_in_progress(world: World, balancer: Balancer) -> None:
    """service-deployment.html: STOPPED when a new service deployment is started"""
    balancer.listen()
    world.create(world.probe(version=1), balancer=balancer)
    world.completed()
    second = world.update(taskDefinition=world.probe(version=2, silent=1))
    superseded = second["currentServiceDeployment"]
    world.until(lambda s: s["deployments"][0]["runningCount"] == 1)
    third = world.update(taskDefinition=world.probe(version=3))
    assert third["deployments"][0]["id"] != second["deployments"][0]["id"]
    world.completed()
    states = {record["serviceDeploymentArn"]: record["status"] for record in world.deployments()}
    assert states[superseded] == "STOPPED"
    assert states[third["currentServiceDeployment"]] == "SUCCESSFUL"
    assert balancer.get().json() == {"version": "3"}


def test_a_stop_rolls_back_even_where_no_rollback_is_configured(
    world: World, balancer: Balancer
) -> None:
    """.../developerguide/stop-service-deployment.html"""
    balancer.listen()
    world.create(world.probe(version=1), balancer=balancer, deploymentConfiguration={})
    world.completed()
    arn = world.update(taskDefinition=world.probe(version=2, silent=1))["currentServiceDeployment"]
    world.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    service = world.completed()
    record = world.deployments()[0]
    assert (record["serviceDeploymentArn"], record["status"]) == (arn, "ROLLBACK_SUCCESSFUL")
    assert record["rollback"]["serviceRevisionArn"] == service["currentServiceRevisions"][0]["arn"]
    assert balancer.get().json() == {"version": "1"}
    with pytest.raises(ClientError, match="ConflictException"):
        world.ecs.stop_service_deployment(serviceDeploymentArn=arn)


def test_a_deleted_service_drains_and_is_inactive(world: World) -> None:
    """.../APIReference/API_DeleteService.html"""
    world.create(world.probe())
    world.completed()
    with pytest.raises(ClientError, match="scaled above 0"):
        world.ecs.delete_service(cluster=world.cluster, service="app")
    gone = world.ecs.delete_service(cluster=world.cluster, service="app", force=True)["service"]
    assert gone["status"] == "DRAINING"
    world.until(lambda s: s["status"] == "INACTIVE")
    assert world.tasks() == []
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        world.update(desiredCount=1)


Refusal = tuple[dict[str, object], str]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"containerName": "other"}, "The container other does not exist in the task definition"),
        ({"containerPort": 81}, "did not have a container port 81 defined"),
        ({"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:0:targetgroup/x/0"}, "target"),
    ],
)
def test_a_service_must_fit_its_load_balancer(
    world: World, balancer: Balancer, change: dict[str, object], message: str
) -> None:
    """.../APIReference/API_CreateService.html: InvalidParameterException"""
    balancer.listen()
    behind = {"targetGroupArn": balancer.group, "containerName": "app", "containerPort": PORT}
    create: Callable[..., object] = world.ecs.create_service
    with pytest.raises(ClientError, match=message) as caught:
        create(
            cluster=world.cluster,
            serviceName="app",
            taskDefinition=world.probe(),
            networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
            loadBalancers=[behind | change],
        )
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_target_group_without_a_load_balancer_is_refused(
    world: World, balancer: Balancer
) -> None:
    """.../developerguide/alb.html"""
    balancer.group = balancer.make_group()
    with pytest.raises(ClientError, match="does not have an associated load balancer"):
        world.create(world.probe(), balancer=balancer)
