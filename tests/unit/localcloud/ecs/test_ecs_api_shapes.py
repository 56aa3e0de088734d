"""The API against a container engine that is played: every reply fits botocore's model."""

from typing import Any

import pytest

from localcloud.ports import TargetState
from localcloud.wire import ApiError
from tests.unit.localcloud.ecs.played import BEHIND, NETWORK, Ecs, Json


async def test_replies_of_a_whole_life_fit_the_model(ecs: Ecs) -> None:
    await ecs.create(
        loadBalancers=BEHIND, tags=[{"key": "k", "value": "v"}], propagateTags="SERVICE"
    )
    service = await ecs.completed()
    assert service["tags"] == [{"key": "k", "value": "v"}]
    arns = (await ecs("ListTasks", cluster="c", serviceName="app"))["taskArns"]
    (task,) = (await ecs("DescribeTasks", cluster="c", tasks=arns, include=["TAGS"]))["tasks"]
    assert task["tags"] == [{"key": "k", "value": "v"}]
    listed = (await ecs("ListServiceDeployments", cluster="c", service="app"))["serviceDeployments"]
    await ecs(
        "DescribeServiceDeployments", serviceDeploymentArns=[listed[0]["serviceDeploymentArn"]]
    )
    await ecs(
        "DescribeServiceRevisions", serviceRevisionArns=[listed[0]["targetServiceRevisionArn"]]
    )
    await ecs(
        "DescribeClusters", clusters=["c", "none"], include=["TAGS", "SETTINGS", "ATTACHMENTS"]
    )
    await ecs("DeleteService", cluster="c", service="app", force=True)
    await ecs.until(lambda s: s["status"] == "INACTIVE")
    await ecs("DeleteCluster", cluster="c")


async def test_draining_is_waited_for_before_sigterm(ecs: Ecs) -> None:
    await ecs.create(loadBalancers=BEHIND)
    await ecs.completed()
    ecs.group.hold = True
    await ecs("UpdateService", cluster="c", service="app", forceNewDeployment=True)
    await ecs.until(lambda s: s["deployments"][0]["runningCount"] == 1 and s["runningCount"] == 1)
    assert ecs.containers.stopped == []
    assert len(ecs.group.found) == 1
    service = await ecs.service()
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    ecs.group.hold = False
    await ecs.completed()
    assert ecs.containers.stopped == [("container-1", 30)]


async def test_a_missing_image_is_rolled_back(ecs: Ecs) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    first = await ecs.create(deploymentConfiguration=breaker)
    await ecs.completed()
    bad = await ecs.register("missing:1")
    await ecs("UpdateService", cluster="c", service="app", taskDefinition=bad)
    service = await ecs.until(lambda s: s["taskDefinition"] == first["taskDefinition"])
    await ecs.completed()
    arn = service["currentServiceDeployment"]
    (record,) = (await ecs("DescribeServiceDeployments", serviceDeploymentArns=[arn]))[
        "serviceDeployments"
    ]
    assert record["status"] == "ROLLBACK_SUCCESSFUL"
    assert record["deploymentCircuitBreaker"] == {
        "status": "TRIGGERED",
        "failureCount": 3,
        "threshold": 3,
    }


async def test_abort_leaves_everything_as_it_stands(ecs: Ecs) -> None:
    await ecs.create(loadBalancers=BEHIND)
    await ecs.completed()
    ecs.group.now = TargetState.INITIAL
    updated = await ecs("UpdateService", cluster="c", service="app", forceNewDeployment=True)
    arn = updated["service"]["currentServiceDeployment"]
    await ecs("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ABORT")
    service = await ecs.service()
    assert service["deployments"][0]["rolloutState"] == "FAILED"
    listed = await ecs("ListServiceDeployments", cluster="c", service="app", status=["STOPPED"])
    assert [one["serviceDeploymentArn"] for one in listed["serviceDeployments"]] == [arn]


async def refused(ecs: Ecs, code: str, action: str, **body: Any) -> str:
    with pytest.raises(ApiError) as caught:
        await ecs(action, **body)
    assert caught.value.code == code
    return caught.value.message


async def test_errors_are_those_of_ecs(ecs: Ecs) -> None:
    await refused(ecs, "ClusterNotFoundException", "ListServices", cluster="none")
    await refused(ecs, "ServiceNotFoundException", "UpdateService", cluster="c", service="none")
    message = await refused(ecs, "ClientException", "DescribeTaskDefinition", taskDefinition="none")
    assert message == "Unable to describe task definition."
    await refused(ecs, "ClientException", "RunTask", cluster="c", taskDefinition="none:1")
    await refused(ecs, "InvalidParameterException", "RunTask", cluster="c")
    await refused(ecs, "UnknownOperationException", "MakeCoffee")
    definition = await ecs.register()
    message = await refused(
        ecs, "InvalidParameterException", "RunTask", cluster="c", taskDefinition=definition
    )
    assert "Network Configuration must be provided" in message


async def test_creating_a_service_again_is_idempotent_or_refused(ecs: Ecs) -> None:
    first = await ecs.create()
    again = await ecs.create(taskDefinition=first["taskDefinition"])
    assert again["serviceArn"] == first["serviceArn"]
    with pytest.raises(ApiError, match="not idempotent"):
        await ecs.create(taskDefinition=first["taskDefinition"], desiredCount=2)


async def test_an_inactive_definition_serves_on_but_is_not_deployed(ecs: Ecs) -> None:
    service = await ecs.create()
    await ecs.completed()
    arn = service["taskDefinition"]
    await ecs("DeregisterTaskDefinition", taskDefinition=arn)
    await ecs("UpdateService", cluster="c", service="app", desiredCount=2)
    await ecs.until(lambda s: s["runningCount"] == 2)
    await refused(
        ecs,
        "ClientException",
        "RunTask",
        cluster="c",
        taskDefinition=arn,
        networkConfiguration=NETWORK,
    )
    shown = await ecs("DescribeTaskDefinition", taskDefinition=arn)
    assert shown["taskDefinition"]["status"] == "INACTIVE"


async def test_definitions_are_listed_in_pages(ecs: Ecs) -> None:
    arns = [await ecs.register() for _ in range(3)]
    first = await ecs("ListTaskDefinitions", familyPrefix="app", maxResults=2, sort="DESC")
    assert first["taskDefinitionArns"] == arns[:0:-1]
    rest = await ecs(
        "ListTaskDefinitions", familyPrefix="app", sort="DESC", nextToken=first["nextToken"]
    )
    assert rest["taskDefinitionArns"] == arns[:1]
    assert "nextToken" not in rest
    assert (await ecs("ListTaskDefinitionFamilies"))["families"] == ["app"]
    deleted = await ecs("DeleteTaskDefinitions", taskDefinitions=arns[:1])
    assert deleted["failures"][0]["arn"] == arns[0]
    await ecs("DeregisterTaskDefinition", taskDefinition=arns[0])
    assert not (await ecs("DeleteTaskDefinitions", taskDefinitions=arns[:1]))["failures"]
    assert (await ecs.register()).endswith(":4")


async def test_tags_come_and_go(ecs: Ecs) -> None:
    arn = await ecs.register(tags=[{"key": "a", "value": "1"}])
    await ecs("TagResource", resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    await ecs("UntagResource", resourceArn=arn, tagKeys=["a"])
    assert await ecs("ListTagsForResource", resourceArn=arn) == {
        "tags": [{"key": "b", "value": "2"}]
    }
    await refused(ecs, "InvalidParameterException", "ListTagsForResource", resourceArn=arn + "0")


async def test_a_cluster_with_a_service_is_not_deleted(ecs: Ecs) -> None:
    await ecs.create()
    await refused(ecs, "ClusterContainsServicesException", "DeleteCluster", cluster="c")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}, "UnsupportedFeatureException"),
        ({"deploymentController": {"type": "EXTERNAL"}}, "UnsupportedFeatureException"),
        ({"schedulingStrategy": "DAEMON"}, "InvalidParameterException"),
        ({"desiredCount": -1}, "InvalidParameterException"),
    ],
)
async def test_what_is_not_supported_is_refused(ecs: Ecs, options: Json, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        await ecs.create(**options)
    assert caught.value.code == code
