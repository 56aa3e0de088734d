"""A service "app" that was deployed, as `invoke status`, `scale`, `restart` and `abort` meet it."""

import io
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy import operate
from deploy import status as environment_status
from deploy.aws import Aws
from deploy.config.model import Build, Config, Environment, Service
from deploy.events import Event, Failure, Finished, Note, PlanShown
from deploy.objects import Objects
from deploy.operate import OperateOptions
from deploy.release import archive
from deploy.release.record import Record
from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.ecs.world import Json, World, environment


@dataclass
class Ended:
    """What one command told, and its exit code."""

    code: int
    events: list[Event]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def finished(self) -> Finished:
        (event,) = self.of(Finished)
        assert isinstance(event, Finished)
        return event

    @property
    def plan(self) -> list[str]:
        return [change.reason for shown in self.of(PlanShown) for change in shown.changes]

    @property
    def text(self) -> str:
        failures = [event.message for event in self.of(Failure)]
        return "\n".join([*failures, *(note.text for note in self.of(Note)), *self.plan])


@dataclass
class Deployed:
    """An environment with one service behind a load balancer, or without one."""

    world: World
    balancer: Balancer | None
    project: str = field(default_factory=lambda: f"operate-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.cloud = self.world.cloud
        self.autoscaling = self.cloud.client("application-autoscaling")
        self.s3 = self.cloud.client("s3")
        self.ssm = self.cloud.client("ssm")
        self.s3.create_bucket(Bucket=self.project)
        self.ssm.put_parameter(Name=self.parameter, Value=json.dumps(self.target()), Type="String")

    @property
    def parameter(self) -> str:
        return f"/{self.project}/local/deploy"

    @property
    def resource(self) -> str:
        return f"service/{self.world.cluster}/app"

    def target(self) -> Json:
        place = {
            "service": "app",
            "family": self.world.cluster,
            "repository": "probe",
            "repository_url": f"{self.cloud.registry}/probe",
            "execution_role_arn": "arn:execution",
            "task_role_arn": "arn:task",
            "log_group": f"/ecs/{self.world.cluster}",
            "target_group_arn": self.balancer.group if self.balancer else "",
            "url": self.balancer.url if self.balancer else "",
            "min_tasks": 1,
        }
        return {
            "project": self.project,
            "environment": "local",
            "account": "000000000000",
            "region": "us-east-1",
            "cluster": self.world.cluster,
            "records": self.project,
            "services": {"app": place},
            "sites": {},
        }

    @property
    def config(self) -> Config:
        service = Service("app", Build(Path("/app"), Path("/app/Dockerfile")), 8080)
        environment = Environment("local", "us-east-1", endpoint=self.cloud.endpoint)
        return Config(Path("/"), self.project, environment, {"app": service})

    def release(self, count: int = 1, **variables: object) -> str:
        """Create the service with a release of the probe that serves; return its revision."""
        definition = self.revision(**variables)
        self.world.create(definition, desiredCount=count, balancer=self.balancer)
        self.world.completed()
        return definition

    def revision(self, **variables: object) -> str:
        """Register the probe with these PROBE_ variables, and with the tags of a deploy."""
        named = {f"PROBE_{name.upper()}": value for name, value in variables.items()}
        container = self.world.container(environment=environment(named))
        pairs = {"source-tag": "src-0123456789abcdef", "git-commit": "3f9a1c2d"}
        tags = [{"key": key, "value": value} for key, value in pairs.items()]
        return self.world.register(container, tags=tags)

    def bounds(self, minimum: int, maximum: int) -> None:
        self.autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=self.resource,
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=minimum,
            MaxCapacity=maximum,
        )

    def bounded(self) -> tuple[int, int]:
        found = self.autoscaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[self.resource]
        )
        (target,) = found["ScalableTargets"]
        return target["MinCapacity"], target["MaxCapacity"]

    def scale(self, count: str = "", minimum: str = "", maximum: str = "", **options: Any) -> Ended:
        events: list[Event] = []
        wanted = operate.wanted(count, minimum, maximum)
        code = operate.scale(self.config, self._options(options), wanted, events.append)
        return Ended(code, events)

    def restart(self, **options: Any) -> Ended:
        events: list[Event] = []
        return Ended(operate.restart(self.config, self._options(options), events.append), events)

    def abort(self, **options: Any) -> Ended:
        events: list[Event] = []
        return Ended(operate.abort(self.config, self._options(options), events.append), events)

    @staticmethod
    def _options(options: Json) -> OperateOptions:
        return OperateOptions("app", **{"timeout": 90, **options})

    def status(self) -> tuple[int, Json]:
        """Return the exit code of `invoke status --json`, and its object."""
        stream = io.StringIO()
        code = environment_status.status(self.config, lambda _: None, as_json=True, stream=stream)
        return code, json.loads(stream.getvalue())

    def records(self) -> tuple[Record, ...]:
        """Return the records of what was done, the newest first."""
        objects = Objects(Aws(self.config).http, self.project)
        return archive.read(objects).records

    def close(self) -> None:
        self.ssm.delete_parameter(Name=self.parameter)
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.project):
            for each in page.get("Contents", []):
                self.s3.delete_object(Bucket=self.project, Key=each["Key"])
        self.s3.delete_bucket(Bucket=self.project)
