"""The deployment circuit breaker.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.ecs.test_ecs_rollout import messages, traffic
from tests.integration.cloud.ecs.world import World
from tests.integration.local_cloud import eventually

pytestmark = [pytest.mark.ecs, pytest.mark.docker]

BROKEN = [
    pytest.param({"exit": 1}, "Essential container in task exited", id="exits"),
    pytest.param({"oom": 0}, "Essential container in task exited", id="out-of-memory"),
    pytest.param(
        {"health": 500}, "Task failed ELB health checks in (target-group ", id="unhealthy"
    ),
    pytest.param({"silent": 1}, "Task failed ELB health checks in (target-group ", id="silent"),
]


@pytest.mark.parametrize(("variables", "reason"), BROKEN)
def test_a_broken_release_is_rolled_back_and_fails_no_request(
    world: World, balancer: Balancer, variables: dict[str, object], reason: str
) -> None:
    balancer.listen()
    good = world.probe(version="good")
    world.create(good, balancer=balancer, desiredCount=2)
    completed = world.completed()["deployments"][0]["id"]
    with traffic(balancer.url) as seen:
        failed = world.update(taskDefinition=world.probe(**variables))["deployments"][0]["id"]
        service = world.completed(90)
    assert seen.failures == []
    assert set(seen.answers) == {"good"}

    rollback = service["deployments"][0]
    assert rollback["id"] not in {completed, failed}
    assert service["taskDefinition"] == rollback["taskDefinition"] == good
    assert (service["runningCount"], rollback["rolloutState"]) == (2, "COMPLETED")
    record = world.deployments()[0]
    assert record["status"] == "ROLLBACK_SUCCESSFUL"
    assert record["deploymentCircuitBreaker"] == {
        "status": "TRIGGERED",
        "failureCount": record["deploymentCircuitBreaker"]["failureCount"],
        "threshold": 3,
    }
    assert record["deploymentCircuitBreaker"]["failureCount"] >= 3
    said = messages(service)
    assert f"(service app) (deployment {failed}) deployment failed: tasks failed to start." in said
    assert f"(service app) rolling back to deployment {rollback['id']}." in said
    dead = world.tasks("STOPPED", startedBy=failed)
    assert any(task["stoppedReason"].startswith(reason) for task in dead)


def test_the_waiter_for_stability_returns_after_a_rollback(world: World) -> None:
    """.../APIReference/API_DescribeServices.html: the failed deployment is listed no more."""
    world.create(world.probe())
    world.completed()
    world.update(taskDefinition=world.probe(exit=1))
    world.until(lambda s: "rolling back" in s["deployments"][0].get("rolloutStateReason", ""))
    waiter = world.ecs.get_waiter("services_stable")
    waiter.wait(
        cluster=world.cluster, services=["app"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def test_a_first_deployment_that_cannot_start_fails_and_stalls(world: World) -> None:
    """ "does not launch new tasks and the deployment is stalled" """
    world.create(world.probe(exit=3))
    service = world.until(lambda s: s["deployments"][0]["rolloutState"] == "FAILED")
    deployment = service["deployments"][0]
    assert deployment["failedTasks"] == 3
    assert "circuit breaker" in deployment["rolloutStateReason"]
    assert world.deployments()[0]["status"] == "ROLLBACK_FAILED"
    eventually(lambda: all(t["lastStatus"] == "STOPPED" for t in world.tasks("STOPPED")))
    assert len(world.tasks("STOPPED")) == 3
    assert world.tasks() == []
    assert {t["containers"][0]["exitCode"] for t in world.tasks("STOPPED")} == {3}


def test_a_missing_image_trips_the_breaker(world: World) -> None:
    """Stage 1: tasks that never reach RUNNING."""
    world.create(world.register(world.container(image=f"{world.cloud.registry}/none:1")))
    world.until(lambda s: s["deployments"][0]["rolloutState"] == "FAILED")
    stopped = world.tasks("STOPPED")
    assert {task["stopCode"] for task in stopped} == {"TaskFailedToStart"}


def test_without_rollback_the_old_tasks_go_on(world: World) -> None:
    """API_ServiceDeployment.html: "STOPPED" where "the rollback option is not in use"."""
    breaker = {"enable": True, "rollback": False}
    world.create(world.probe(), deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    old = world.completed()["deployments"][0]["id"]
    world.update(taskDefinition=world.probe(exit=1))
    service = world.until(lambda s: s["deployments"][0]["rolloutState"] == "FAILED")
    assert [d["id"] for d in service["deployments"]][1:] == [old]
    assert service["runningCount"] == 1
    assert world.deployments()[0]["status"] == "STOPPED"


def test_failed_container_health_checks_trip_the_breaker(world: World) -> None:
    """Stage 2: tasks that are replaced because of their health checks."""
    check = {"command": ["CMD-SHELL", "exit 1"], "interval": 5, "timeout": 2, "retries": 1}
    world.create(world.register(world.container(healthCheck=check)), desiredCount=2)
    service = world.until(lambda s: s["deployments"][0]["rolloutState"] == "FAILED")
    assert any("failed container health checks" in line for line in messages(service))
    reasons = {task["stoppedReason"] for task in world.tasks("STOPPED")}
    assert "Task failed container health checks" in reasons


def test_container_health_is_waited_for(world: World) -> None:
    """API_DeploymentConfiguration.html: "wait for the task to reach a healthy status"."""
    script = "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health')"
    check = {"command": ["CMD", "python3", "-c", script], "interval": 5, "startPeriod": 10}
    definition = world.register(world.container(healthCheck=check))
    world.create(definition)
    service = world.until(lambda s: s["runningCount"] == 1)
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    world.completed()
    assert world.tasks()[0]["healthStatus"] == "HEALTHY"


def test_the_grace_period_holds_off_the_health_checks(world: World, balancer: Balancer) -> None:
    """.../APIReference/API_CreateService.html: healthCheckGracePeriodSeconds"""
    balancer.listen()
    world.create(world.probe(start=14), balancer=balancer, healthCheckGracePeriodSeconds=60)
    service = world.completed()
    assert service["deployments"][0]["failedTasks"] == 0
    assert world.tasks("STOPPED") == []
