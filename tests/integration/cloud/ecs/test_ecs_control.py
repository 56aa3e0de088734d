"""Clusters, task definitions and errors, as boto3 sees them. No container is started here.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs


@pytest.fixture
def ecs(cloud: Cloud) -> Any:
    return cloud.client("ecs")


@pytest.fixture
def cluster(ecs: Any) -> Iterator[str]:
    name = f"c-{uuid.uuid4().hex[:12]}"
    ecs.create_cluster(clusterName=name, tags=[{"key": "a", "value": "b"}])
    yield name
    ecs.delete_cluster(cluster=name)


def register(ecs: Any, family: str, **options: Any) -> dict[str, Any]:
    reply = ecs.register_task_definition(
        family=family,
        **{
            "containerDefinitions": [{"name": "app", "image": "app:1", "memory": 64}],
            **options,
        },
    )
    found: dict[str, Any] = reply["taskDefinition"]
    return found


def code(caught: "pytest.ExceptionInfo[ClientError]") -> str:
    return str(caught.value.response["Error"]["Code"])


def test_a_cluster_is_described_as_asked(ecs: Any, cluster: str) -> None:
    """API_DescribeClusters.html: include"""
    (plain,) = ecs.describe_clusters(clusters=[cluster])["clusters"]
    assert (plain["status"], plain["tags"], plain["settings"]) == ("ACTIVE", [], [])
    (full,) = ecs.describe_clusters(clusters=[cluster], include=["TAGS", "SETTINGS"])["clusters"]
    assert full["tags"] == [{"key": "a", "value": "b"}]
    assert full["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    assert plain["clusterArn"] in ecs.list_clusters()["clusterArns"]
    (failure,) = ecs.describe_clusters(clusters=["none"])["failures"]
    assert failure["reason"] == "MISSING"


def test_capacity_providers_and_settings_can_be_changed(ecs: Any, cluster: str) -> None:
    """API_PutClusterCapacityProviders.html, API_UpdateClusterSettings.html"""
    strategy = [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]
    changed = ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=strategy
    )["cluster"]
    assert changed["capacityProviders"] == ["FARGATE"]
    assert changed["defaultCapacityProviderStrategy"] == strategy
    setting = [{"name": "containerInsights", "value": "enabled"}]
    changed = ecs.update_cluster_settings(cluster=cluster, settings=setting)["cluster"]
    assert changed["settings"] == setting


def test_revisions_count_up_and_go_inactive(ecs: Any) -> None:
    """.../developerguide/deregister-task-definition-v2.html"""
    family = f"f-{uuid.uuid4().hex[:12]}"
    first, second = register(ecs, family), register(ecs, family)
    assert [first["revision"], second["revision"]] == [1, 2]
    assert isinstance(first["registeredAt"], datetime)
    latest = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    assert latest["taskDefinitionArn"] == second["taskDefinitionArn"]
    ecs.deregister_task_definition(taskDefinition=f"{family}:2")
    latest = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    assert latest["revision"] == 1
    inactive = ecs.list_task_definitions(familyPrefix=family, status="INACTIVE")
    assert inactive["taskDefinitionArns"] == [second["taskDefinitionArn"]]


def test_the_documented_errors(ecs: Any, cluster: str) -> None:
    """.../APIReference/CommonErrors.html and the errors of each operation"""
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.list_services(cluster="none")
    with pytest.raises(ecs.exceptions.ServiceNotFoundException):
        ecs.update_service(cluster=cluster, service="none", desiredCount=1)
    with pytest.raises(ecs.exceptions.ClientException, match="Unable to describe task definition"):
        ecs.describe_task_definition(taskDefinition="none:1")
    with pytest.raises(ClientError, match="No Fargate configuration exists") as caught:
        register(
            ecs,
            "f",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="8192",
        )
    assert code(caught) == "ClientException"
    (failure,) = ecs.describe_services(cluster=cluster, services=["none"])["failures"]
    assert failure["reason"] == "MISSING"
    with pytest.raises(ecs.exceptions.ServiceDeploymentNotFoundException):
        ecs.stop_service_deployment(serviceDeploymentArn="arn:aws:ecs:us-east-1:0:none")


def test_service_deployments_are_found_by_time_and_status(ecs: Any, cluster: str) -> None:
    """API_ListServiceDeployments.html"""
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    definition = register(ecs, cluster, networkMode="awsvpc")["taskDefinitionArn"]
    ecs.create_service(
        cluster=cluster,
        serviceName="app",
        taskDefinition=definition,
        desiredCount=0,
        networkConfiguration=network,
    )
    ecs.get_waiter("services_stable").wait(cluster=cluster, services=["app"])

    def listed(**filters: Any) -> int:
        reply = ecs.list_service_deployments(cluster=cluster, service="app", **filters)
        return len(reply["serviceDeployments"])

    now = datetime.now(UTC)
    assert listed() == 1
    assert listed(createdAt={"after": now + timedelta(hours=1)}) == 0
    assert listed(createdAt={"before": now + timedelta(hours=1)}) == 1
    assert listed(status=["ROLLBACK_FAILED"]) == 0
    ecs.delete_service(cluster=cluster, service="app")
    ecs.get_waiter("services_inactive").wait(
        cluster=cluster, services=["app"], WaiterConfig={"Delay": 1}
    )
