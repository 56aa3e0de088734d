"""The API against a container engine that is played: every reply fits botocore's model."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from botocore.validate import ParamValidator

from localcloud.ecs.api import EcsApi
from localcloud.ecs.context import Context
from localcloud.ecs.engine import Engine
from localcloud.ecs.logs import Batch
from localcloud.ecs.model import Pace
from localcloud.ecs.names import Names
from localcloud.ecs.runtime import DockerEvent, Image, Inspection, StartError
from localcloud.ecs.store import Store
from localcloud.ports import Address, TargetState
from localcloud.settings import Settings
from localcloud.wire import ApiError, service_model

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/t/1"
Json = dict[str, Any]


class Containers:
    """A container engine without containers. An image called "missing" can't be pulled."""

    def __init__(self) -> None:
        self.running: dict[str, Inspection] = {}
        self.made = 0
        self.stopped: list[tuple[str, int]] = []

    async def pull(self, image: str) -> Image:
        if "missing" in image:
            raise StartError(f"CannotPullContainerError: {image} not found")
        return Image("sha256:1", "sha256:2")

    async def create(self, image: Image, arguments: Json) -> str:
        self.made += 1
        return f"container-{self.made}"

    async def start(self, container_id: str) -> Inspection:
        address = f"172.17.0.{self.made}"
        self.running[container_id] = Inspection(
            running=True,
            exit_code=0,
            out_of_memory=False,
            health="none",
            address=address,
            ports={8080: 40000 + self.made},
        )
        return self.running[container_id]

    async def inspect(self, container_id: str) -> Inspection | None:
        return self.running.get(container_id)

    async def stop(self, container_id: str, patience: int) -> None:
        self.stopped.append((container_id, patience))
        self.running[container_id] = Inspection(
            running=False, exit_code=0, out_of_memory=False, health="none", address="", ports={}
        )

    async def remove(self, container_id: str) -> None:
        self.running.pop(container_id, None)

    async def create_volume(self, name: str, labels: dict[str, str]) -> None: ...
    async def remove_volume(self, name: str) -> None: ...
    def follow(self, container_id: str, line: Callable[[bytes | None], None]) -> None: ...
    def watch(self, tell: Callable[[DockerEvent], None]) -> None: ...
    async def close(self) -> None: ...


class Group:
    """Targets that are what `now` says; those in `draining` are not drained."""

    def __init__(self) -> None:
        self.now = TargetState.HEALTHY
        self.found: dict[tuple[str, str, int], Address] = {}
        self.hold = False

    def register(self, group_arn: str, target_id: str, port: int, address: Address) -> None:
        self.found[group_arn, target_id, port] = address

    def deregister(self, group_arn: str, target_id: str, port: int) -> None:
        del self.found[group_arn, target_id, port]

    def state(self, group_arn: str, target_id: str, port: int) -> tuple[TargetState, str]:
        return self.now, "Target.FailedHealthChecks"

    def drained(self, group_arn: str, target_id: str, port: int) -> bool:
        return not self.hold


class Aws:
    def secret(self, value_from: str) -> str:
        return value_from

    def open_stream(self, options: dict[str, str], container: str, task_id: str) -> str:
        return container

    def put_logs(self, group: str, stream: str, batch: Batch) -> None: ...
    def check_target_group(self, arn: str) -> None: ...


class Ecs:
    """An ECS whose replies are checked against botocore's model."""

    def __init__(self) -> None:
        self.containers, self.group = Containers(), Group()
        store = Store(Names(Settings(hostname="host")))
        pace = Pace(tick=0.01, settle=0)
        self.engine = Engine(store, self.containers, self.group, Aws(), pace=pace, clock=time.time)
        context = Context(store, self.engine, Aws(), time.time)
        self.api = EcsApi(context, self.containers)  # type: ignore[arg-type]

    async def __call__(self, action: str, **body: Any) -> Json:
        reply = await self.api.call(action, body)
        shape = service_model("ecs").operation_model(action).output_shape
        assert shape
        report = ParamValidator().validate(reply, shape)
        assert not report.has_errors(), report.generate_report()
        return reply

    async def service(self) -> Json:
        reply = await self("DescribeServices", cluster="c", services=["app"], include=["TAGS"])
        found: Json = reply["services"][0]
        return found

    async def until(self, condition: Callable[[Json], object]) -> Json:
        deadline = time.monotonic() + 5
        while not condition(found := await self.service()):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.01)
        return found

    async def completed(self) -> Json:
        return await self.until(
            lambda s: (
                s["deployments"][0]["rolloutState"] == "COMPLETED" and len(s["deployments"]) == 1
            )
        )

    async def register(self, image: str = "app:1", **options: Any) -> str:
        container = {"name": "app", "image": image, "portMappings": [{"containerPort": 8080}]}
        reply = await self(
            "RegisterTaskDefinition",
            family="app",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[container],
            **options,
        )
        return str(reply["taskDefinition"]["taskDefinitionArn"])

    async def create(self, **options: Any) -> Json:
        reply = await self(
            "CreateService",
            **{
                "cluster": "c",
                "serviceName": "app",
                "taskDefinition": await self.register(),
                "desiredCount": 1,
                "launchType": "FARGATE",
                "networkConfiguration": NETWORK,
                **options,
            },
        )
        found: Json = reply["service"]
        return found


BEHIND = [{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}]


@pytest.fixture
async def ecs() -> AsyncIterator[Ecs]:
    made = Ecs()
    await made.api.start()
    await made("CreateCluster", clusterName="c", tags=[{"key": "a", "value": "b"}])
    yield made
    await made.api.stop()
    assert made.containers.running == {}


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
