"""A container engine, target groups and the rest of AWS, played: what the API needs to run."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

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
from localcloud.wire import service_model

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/t/1"
Json = dict[str, Any]


class Containers:
    """A container engine without containers. An image called "missing" can't be pulled."""

    def __init__(self) -> None:
        self.running: dict[str, Inspection] = {}
        self.made = 0
        self.stopped: list[tuple[str, int]] = []
        self.last: list[bytes | None] = []

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
    def follow(self, container_id: str, line: Callable[[bytes | None], None]) -> Callable[[], None]:
        """Nobody is told of the end; who ends the following gets what `last` holds, if anything."""

        def close() -> None:
            for chunk in self.last:
                line(chunk)

        return close

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
    def __init__(self) -> None:
        self.lines: list[str] = []

    def secret(self, value_from: str) -> str:
        return value_from

    def open_stream(self, options: dict[str, str], container: str, task_id: str) -> str:
        return container

    def put_logs(self, group: str, stream: str, batch: Batch) -> None:
        self.lines += [event["message"] for event in batch]

    def check_target_group(self, arn: str) -> None: ...


class Ecs:
    """An ECS whose replies are checked against botocore's model."""

    def __init__(self) -> None:
        self.containers, self.group, self.aws = Containers(), Group(), Aws()
        store = Store(Names(Settings(hostname="host")))
        pace = Pace(tick=0.01, settle=0, last_lines=0.05)
        self.engine = Engine(
            store, self.containers, self.group, self.aws, pace=pace, clock=time.time
        )
        context = Context(store, self.engine, self.aws, time.time)
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
