"""A scripted ECS, a clock that only sleeping moves, and the values that the tests share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from deploy.config.model import Build, Config, Environment, Service
from deploy.events import Event
from deploy.target import ServiceTarget, Target

OLD = "sha256:" + "a" * 64
NEW = "sha256:" + "b" * 64
PREFIX = "arn:aws:ecs:us-east-1:000000000000"
EPOCH = 1_700_000_000


def arn(revision: int) -> str:
    return f"{PREFIX}:task-definition/demo-backend:{revision}"


def at(second: float) -> datetime:
    return datetime.fromtimestamp(EPOCH + second, UTC)


def service_of(**changes: Any) -> Service:
    values: dict[str, Any] = {
        "name": "backend",
        "build": Build(context=Path("/demo/backend"), dockerfile=Path("/demo/backend/Dockerfile")),
        "port": 8000,
        "environment": {"LOG_LEVEL": "info", "CORS_ORIGINS": "http://localhost:8080"},
    }
    return Service(**values | changes)


def config_of(service: Service | None = None) -> Config:
    environment = Environment("local", "us-east-1", endpoint="http://localhost:4566")
    service = service or service_of()
    return Config(Path("/demo"), "demo", environment, {service.name: service})


BACKEND = ServiceTarget(
    name="backend",
    service="demo-backend",
    family="demo-backend",
    repository="demo-backend",
    repository_url="localhost:4566/demo-backend",
    execution_role_arn="arn:aws:iam::000000000000:role/demo-execution",
    task_role_arn="arn:aws:iam::000000000000:role/demo-task",
    log_group="/demo/backend",
    target_group_arn="arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/demo/1",
    url="http://localhost:8000",
    min_tasks=2,
)
TARGET = Target(
    "demo", "local", "000000000000", "us-east-1", "demo", "demo-records", {"backend": BACKEND}
)


def deployment(
    number: int, revision: int, rollout: str = "COMPLETED", **more: Any
) -> dict[str, Any]:
    """An entry of DescribeServices' deployments, made at second `number`."""
    return {
        "id": f"ecs-svc/{number}",
        "status": "PRIMARY",
        "taskDefinition": arn(revision),
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "failedTasks": 0,
        "rolloutState": rollout,
        "createdAt": at(number),
        "updatedAt": at(number),
    } | more


def service(*deployments: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """An entry of DescribeServices. The first deployment is the PRIMARY one."""
    entries = [dict(entry) for entry in deployments]
    for entry in entries[1:]:
        entry["status"] = "ACTIVE"
    return {
        "serviceName": "demo-backend",
        "serviceArn": f"{PREFIX}:service/demo/demo-backend",
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "taskDefinition": entries[0]["taskDefinition"] if entries else "",
        "deployments": entries,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "strategy": "ROLLING",
        },
        "events": [],
    } | more


def task(name: str, revision: int, digest: str = NEW, **more: Any) -> dict[str, Any]:
    """An entry of DescribeTasks, running unless told otherwise."""
    container = {"name": "backend", "imageDigest": digest} | more.pop("container", {})
    return {
        "taskArn": f"{PREFIX}:task/demo/{name}",
        "taskDefinitionArn": arn(revision),
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "healthStatus": "HEALTHY",
        "containers": [container],
    } | more


def stopped(name: str, revision: int, number: int, **more: Any) -> dict[str, Any]:
    """A task of the deployment `number` that is no more."""
    ended = {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "startedBy": f"ecs-svc/{number}"}
    return task(name, revision, **ended | more)


def refusal(code: str, status: int = 400, operation: str = "Operation") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": f"{code} it said"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "1",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class ScriptedEcs:
    """ECS as a script: each DescribeServices shows the next frame, and the last one for ever.

    `faults` maps an operation to what its next calls raise (None: nothing), `after` are the frames
    from UpdateService on. An exception `lost` as a fault comes after the write was done.
    """

    frames: list[dict[str, Any] | None]
    after: list[dict[str, Any] | None] = field(default_factory=list)
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    service_deployments: list[dict[str, Any]] = field(default_factory=list)
    after_stop: list[dict[str, Any] | None] = field(default_factory=list)
    faults: dict[str, list[BaseException | None]] = field(default_factory=dict)
    lost: dict[str, list[BaseException | None]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    meta: Any = field(default_factory=lambda: SimpleNamespace(endpoint_url="http://ecs.test"))

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [given for name, given in self.calls if name == operation]

    def _called(self, operation: str, given: dict[str, Any]) -> None:
        self.calls.append((operation, given))
        self._raise(self.faults, operation)

    @staticmethod
    def _raise(faults: dict[str, list[BaseException | None]], operation: str) -> None:
        fault = faults[operation].pop(0) if faults.get(operation) else None
        if fault is not None:
            raise fault

    def _frame(self) -> dict[str, Any] | None:
        return self.frames.pop(0) if len(self.frames) > 1 else self.frames[0]

    def describe_services(self, **given: Any) -> dict[str, Any]:
        self._called("describe_services", given)
        frame = self._frame()
        return {"services": [frame] if frame else []}

    def describe_task_definition(self, **given: Any) -> dict[str, Any]:
        self._called("describe_task_definition", given)
        name = given["taskDefinition"]
        if name == "demo-backend" and self.definitions:
            name = max(self.definitions, key=lambda key: int(key.rpartition(":")[2]))
        if name not in self.definitions:
            raise refusal("ClientException")
        return {"taskDefinition": self.definitions[name]}

    def register_task_definition(self, **given: Any) -> dict[str, Any]:
        self._called("register_task_definition", given)
        number = 1 + max((int(key.rpartition(":")[2]) for key in self.definitions), default=0)
        definition = {key: value for key, value in given.items() if key != "tags"}
        definition |= {"taskDefinitionArn": arn(number), "revision": number, "status": "ACTIVE"}
        self.definitions[arn(number)] = definition
        self._raise(self.lost, "register_task_definition")
        return {"taskDefinition": definition}

    def update_service(self, **given: Any) -> dict[str, Any]:
        self._called("update_service", given)
        if self.after:
            self.frames, self.after = self.after, []
        self._raise(self.lost, "update_service")
        return {"service": self.frames[0]}

    def stop_service_deployment(self, **given: Any) -> dict[str, Any]:
        self._called("stop_service_deployment", given)
        self.frames = self.after_stop or self.frames
        return {"serviceDeploymentArn": given["serviceDeploymentArn"]}

    def list_service_deployments(self, **given: Any) -> dict[str, Any]:
        self._called("list_service_deployments", given)
        return {"serviceDeployments": self.service_deployments}

    def describe_service_deployments(self, **given: Any) -> dict[str, Any]:
        self._called("describe_service_deployments", given)
        wanted = given["serviceDeploymentArns"]
        found = [e for e in self.service_deployments if e["serviceDeploymentArn"] in wanted]
        return {"serviceDeployments": found}

    def describe_service_revisions(self, **given: Any) -> dict[str, Any]:
        self._called("describe_service_revisions", given)
        return {
            "serviceRevisions": [
                {"serviceRevisionArn": name, "taskDefinition": arn(int(name.rpartition("/")[2]))}
                for name in given["serviceRevisionArns"]
            ]
        }

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tasks"
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        self._called("list_tasks", given)
        wanted = given["desiredStatus"]
        yield {"taskArns": [e["taskArn"] for e in self.tasks if e["desiredStatus"] == wanted]}

    def describe_tasks(self, **given: Any) -> dict[str, Any]:
        self._called("describe_tasks", given)
        return {"tasks": [e for e in self.tasks if e["taskArn"] in given["tasks"]]}


def service_deployment(number: int, revision: int, status: str, **more: Any) -> dict[str, Any]:
    """An entry of List- and DescribeServiceDeployments, of the deployment `number`."""
    return {
        "serviceDeploymentArn": f"{PREFIX}:service-deployment/demo/demo-backend/{number}",
        "targetServiceRevisionArn": f"{PREFIX}:service-revision/demo/demo-backend/{revision}",
        "status": status,
        "createdAt": at(number),
    } | more


@dataclass
class ScriptedLogs:
    """CloudWatch Logs: lines by stream."""

    streams: dict[str, list[str]] = field(default_factory=dict)

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        if given["logStreamName"] not in self.streams:
            raise refusal("ResourceNotFoundException")
        lines = self.streams[given["logStreamName"]][-given["limit"] :]
        return {"events": [{"message": line} for line in lines]}


@dataclass
class Told:
    """Collects the events of a run."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
