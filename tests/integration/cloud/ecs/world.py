"""What the ECS contract tests do through boto3: a cluster of one test, and its services."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.integration.local_cloud import Cloud, eventually

if TYPE_CHECKING:
    from tests.integration.cloud.balancer import Balancer

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
BREAKER = {"enable": True, "rollback": True}
PORT = 8080
Json = dict[str, Any]


def environment(variables: dict[str, object]) -> list[Json]:
    return [{"name": name, "value": str(value)} for name, value in variables.items()]


@dataclass
class World:
    """One cluster. `image` is the probe, pushed to the registry of the cloud."""

    cloud: Cloud
    image: str
    cluster: str = field(default_factory=lambda: f"c-{uuid.uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self.ecs = self.cloud.client("ecs")
        self.logs = self.cloud.client("logs")
        self.ecs.create_cluster(clusterName=self.cluster)

    # --- definitions

    def container(self, name: str = "app", /, **options: Any) -> Json:
        """Return a container definition of the probe, with what `options` change."""
        # A process that has no handler for SIGTERM yet is killed after its stopTimeout.
        defaults = {
            "image": self.image,
            "portMappings": [{"containerPort": PORT}],
            "stopTimeout": 5,
        }
        given = {key: value for key, value in options.items() if value is not None}
        if "portMappings" in options and options["portMappings"] is None:
            del defaults["portMappings"]
        return {"name": name, **defaults, **given}

    def register(self, *containers: Json, **options: Any) -> str:
        """Register a Fargate task definition in this test's family; return its ARN."""
        reply = self.ecs.register_task_definition(
            family=self.cluster,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            executionRoleArn="arn:aws:iam::000000000000:role/execution",
            containerDefinitions=list(containers) or [self.container()],
            **{"cpu": "256", "memory": "512", **options},
        )
        arn: str = reply["taskDefinition"]["taskDefinitionArn"]
        return arn

    def probe(self, **variables: object) -> str:
        """Register the probe with these PROBE_ variables."""
        named = {f"PROBE_{name.upper()}": value for name, value in variables.items()}
        return self.register(self.container(environment=environment(named)))

    # --- services

    def create(self, definition: str, **options: Any) -> Json:
        """Create the service "app"; with a `balancer` it stands behind its target group."""
        behind: Balancer | None = options.pop("balancer", None)
        balancers = [
            {"targetGroupArn": behind.group, "containerName": "app", "containerPort": PORT}
            for behind in ([behind] if behind else [])
        ]
        service: Json = self.ecs.create_service(
            cluster=self.cluster,
            serviceName="app",
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            loadBalancers=balancers,
            **{
                "desiredCount": 1,
                "deploymentConfiguration": {"deploymentCircuitBreaker": BREAKER},
                **options,
            },
        )["service"]
        return service

    def update(self, **options: Any) -> Json:
        reply = self.ecs.update_service(cluster=self.cluster, service="app", **options)
        service: Json = reply["service"]
        return service

    def service(self) -> Json:
        reply = self.ecs.describe_services(cluster=self.cluster, services=["app"])
        service: Json = reply["services"][0]
        return service

    def until(self, condition: Callable[[Json], object], seconds: float = 60) -> Json:
        """Wait until the service fulfils a condition; return it."""

        def look() -> Json | None:
            found = self.service()
            return found if condition(found) else None

        try:
            return eventually(look, seconds) or {}
        except AssertionError as error:
            lines = [event["message"] for event in self.service()["events"]]
            raise AssertionError(
                "\n".join([*lines[:30], str(self.service()["deployments"])])
            ) from (error)

    def completed(self, seconds: float = 60) -> Json:
        """Wait until the primary deployment is completed and the only one."""
        return self.until(
            lambda s: (
                s["deployments"][0]["rolloutState"] == "COMPLETED" and len(s["deployments"]) == 1
            ),
            seconds,
        )

    def deployments(self) -> list[Json]:
        """Return the service deployments in full, newest first."""
        reply = self.ecs.list_service_deployments(cluster=self.cluster, service="app")
        arns = [one["serviceDeploymentArn"] for one in reply["serviceDeployments"]]
        found: list[Json] = self.ecs.describe_service_deployments(serviceDeploymentArns=arns)[
            "serviceDeployments"
        ]
        return found

    # --- tasks

    def tasks(self, status: str = "RUNNING", **filters: Any) -> list[Json]:
        arns = self.ecs.list_tasks(cluster=self.cluster, desiredStatus=status, **filters)[
            "taskArns"
        ]
        if not arns:
            return []
        found: list[Json] = self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"]
        return found

    def run(self, definition: str, **options: Any) -> Json:
        reply = self.ecs.run_task(
            cluster=self.cluster,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            **options,
        )
        task: Json = reply["tasks"][0]
        return task

    def task(self, arn: str) -> Json:
        found: Json = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"][0]
        return found

    def in_status(self, arn: str, status: str, seconds: float = 40) -> Json:
        def look() -> Json | None:
            found = self.task(arn)
            return found if found["lastStatus"] == status else None

        return eventually(look, seconds) or {}

    def finish(self, definition: str, **options: Any) -> Json:
        """Run a task and wait until it is STOPPED."""
        return self.in_status(self.run(definition, **options)["taskArn"], "STOPPED")

    def stop(self, arn: str, reason: str = "") -> None:
        self.ecs.stop_task(cluster=self.cluster, task=arn, reason=reason)

    # --- logs

    def log_options(self) -> Json:
        """Make a log group and return the logConfiguration that writes to it."""
        group = f"/ecs/{self.cluster}"
        if not self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            self.logs.create_log_group(logGroupName=group)
        return awslogs(group)

    def lines(self, task: Json, container: str = "app") -> list[str]:
        reply = self.logs.get_log_events(
            logGroupName=f"/ecs/{self.cluster}",
            logStreamName=f"test/{container}/{task['taskArn'].rsplit('/', 1)[1]}",
            startFromHead=True,
        )
        return [event["message"] for event in reply["events"]]

    def close(self) -> None:
        for arn in self.ecs.list_services(cluster=self.cluster)["serviceArns"]:
            self.ecs.delete_service(cluster=self.cluster, service=arn, force=True)
        for status in ("RUNNING", "STOPPED"):
            for task in self.tasks(status):
                if task["lastStatus"] != "STOPPED":
                    self.stop(task["taskArn"])
        eventually(self._delete, 60)

    def _delete(self) -> bool:
        errors = self.ecs.exceptions
        try:
            self.ecs.delete_cluster(cluster=self.cluster)
        except (errors.ClusterContainsServicesException, errors.ClusterContainsTasksException):
            return False
        return True


def awslogs(group: str) -> Json:
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": group,
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "test",
        },
    }
