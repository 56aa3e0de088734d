"""A service without tasks and a site, with records of releases: a past that can be told."""

import io
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.config.model import Config, Environment
from deploy.objects import Objects
from deploy.release.record import Record, ServiceRecord, key_of, new_id, serialize
from deploy.releases import ReleasesOptions, releases
from deploy.site.pointer import Pointer
from deploy.site.pointer import serialize as pointed
from tests.integration.local_cloud import Cloud
from tests.integration.release.contender import http_at

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}


@dataclass
class Project:
    """A service without tasks, a site, and the records of both."""

    cloud: Cloud
    name: str = field(default_factory=lambda: f"rel-{uuid4().hex[:8]}")
    number: int = 0

    def __post_init__(self) -> None:
        self.ecs, self.s3 = self.cloud.client("ecs"), self.cloud.client("s3")
        self.ecs.create_cluster(clusterName=self.name)
        for bucket in (f"{self.name}-records", f"{self.name}-site"):
            self.s3.create_bucket(Bucket=bucket)
        self.objects = Objects(http_at(self.cloud.endpoint), f"{self.name}-records")
        self.arns = [self.register() for _ in range(3)]
        self.ecs.create_service(
            cluster=self.name,
            serviceName="api",
            taskDefinition=self.arns[0],
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
        )
        self.parameter()

    def reference(self) -> str:
        """Return what the next revision runs; no task of it is ever started."""
        return "none"

    def register(self) -> str:
        container = {
            "name": "api",
            "image": self.reference(),
            "portMappings": [{"containerPort": 80}],
        }
        reply = self.ecs.register_task_definition(
            family=self.name,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn="arn:aws:iam::000000000000:role/execution",
            containerDefinitions=[container],
        )
        return str(reply["taskDefinition"]["taskDefinitionArn"])

    def parameter(self) -> None:
        place = {
            "service": "api",
            "family": self.name,
            "repository": "api",
            "repository_url": "registry/api",
            "execution_role_arn": "",
            "task_role_arn": "",
            "log_group": "",
            "target_group_arn": "",
            "url": "",
            "min_tasks": 1,
        }
        value = {
            "project": self.name,
            "environment": "local",
            "account": "000000000000",
            "region": "us-east-1",
            "cluster": self.name,
            "records": f"{self.name}-records",
            "services": {"api": place},
            "sites": {"web": {"bucket": f"{self.name}-site", "distribution": "D", "url": ""}},
        }
        self.cloud.client("ssm").put_parameter(
            Name=f"/{self.name}/local/deploy", Value=json.dumps(value), Type="String"
        )

    def runs(self, number: int) -> None:
        """Let ECS run another revision, as a rollback or a hand in the console does."""
        self.ecs.update_service(cluster=self.name, service="api", taskDefinition=self.arns[number])

    def serves(self, release: str) -> None:
        body = pointed(Pointer(release))
        Objects(self.objects.http, f"{self.name}-site").write(
            ".shipway/live.json", body, "application/json"
        )

    def record(self, number: int, outcome: str = "succeeded", **changes: Any) -> Record:
        """Store the release that rolled revision `number` out, the older the smaller."""
        started = time.time() - 3600 * (10 - number)
        before = self.arns[number - 1] if number else ""
        record = Record(
            new_id(started, f"{number}" * 7),
            "deploy",
            "local",
            "ada",
            "laptop",
            started,
            commit=f"{number}123abcd0123",
            services={"api": ServiceRecord(self.arns[number], before=before, outcome=outcome)},
            outcome=outcome,
            exit_code=0 if outcome == "succeeded" else 4,
            finished=started + 42,
        )
        record = replace(record, **changes)
        self.objects.write(key_of(record.id), serialize(record), "application/json")
        return record

    def told(self, **options: Any) -> str:
        out = io.StringIO()
        environment = Environment("local", "us-east-1", endpoint=self.cloud.endpoint)
        config = Config(Path(), self.name, environment, {})
        assert releases(config, ReleasesOptions(**options), stream=out) == 0
        return out.getvalue()

    def json(self, **options: Any) -> Any:
        return json.loads(self.told(as_json=True, **options))

    def live(self) -> dict[str, list[str]]:
        return {each["id"][-7:]: each["live"] for each in self.json()["releases"] if each["live"]}
