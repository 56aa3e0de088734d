"""The model in the JSON shapes of the ECS API. Pure. Times are epoch seconds, as in JSON 1.1.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from localcloud.ecs.health import checked, task_health
from localcloud.ecs.model import (
    STARTING,
    Container,
    Deployment,
    Revision,
    Service,
    ServiceDeployment,
    Task,
    TaskDefinition,
    TaskStatus,
)

Json = dict[str, Any]
_SHOWN_IN_DEPLOYMENT = (
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "platformVersion",
    "platformFamily",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
_NOT_OF_THE_SERVICE = frozenset(
    {
        "cluster",
        "serviceName",
        "clientToken",
        "role",
        "tags",
        "serviceConnectConfiguration",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
        "monitoring",
        "forceNewDeployment",
    }
)


def given(fields: Mapping[str, Any]) -> Json:
    """Drop what is not there: None, "", and empty mappings. Zero and empty lists stay."""
    return {k: v for k, v in fields.items() if v is not None and v not in ("", {})}


def definition(found: TaskDefinition) -> Json:
    return given(
        {
            **found.body,
            "taskDefinitionArn": found.arn,
            "family": found.family,
            "revision": found.revision,
            "status": found.status,
            "registeredAt": found.registered_at,
            "deregisteredAt": found.deregistered_at,
        }
    )


def _tally(tasks: Iterable[Task]) -> Json:
    statuses = [task.status for task in tasks]
    return {
        "runningCount": sum(status is TaskStatus.RUNNING for status in statuses),
        "pendingCount": sum(status in STARTING for status in statuses),
    }


def deployment(service: Service, found: Deployment, tasks: Sequence[Task]) -> Json:
    spec = found.revision.spec
    primary = found.status == "PRIMARY"
    mine = [task for task in tasks if task.deployment == found.id]
    return given(
        {
            "id": found.id,
            "status": found.status,
            "taskDefinition": found.revision.definition_arn,
            "desiredCount": service.desired if primary else sum(task.live for task in mine),
            **_tally(mine),
            "failedTasks": found.failed_tasks,
            "createdAt": found.created_at,
            "updatedAt": found.updated_at,
            **{key: spec.get(key) for key in _SHOWN_IN_DEPLOYMENT},
            "platformFamily": "Linux",
            "rolloutState": found.state.value,
            "rolloutStateReason": found.reason,
        }
    )


def service(found: Service, tasks: Sequence[Task], tags: Sequence[Json] | None) -> Json:
    """Render a service; `tags` is None unless they were asked for."""
    spec = {k: v for k, v in found.spec.items() if k not in _NOT_OF_THE_SERVICE}
    inactive = found.status == "INACTIVE"
    return given(
        {
            **spec,
            "serviceArn": found.arn,
            "serviceName": found.name,
            "clusterArn": found.cluster_arn,
            "status": found.status,
            "desiredCount": found.desired,
            **_tally(tasks),
            "platformFamily": "Linux",
            "deployments": []
            if inactive
            else [deployment(found, one, tasks) for one in found.deployments],
            "events": [
                {"id": e.id, "createdAt": e.created_at, "message": e.message} for e in found.events
            ],
            "createdAt": found.created_at,
            "createdBy": found.created_by,
            "currentServiceDeployment": found.primary.record.arn,
            "currentServiceRevisions": _current_revisions(found, tasks),
            "tags": list(tags) if tags else None,
        }
    )


def _current_revisions(found: Service, tasks: Sequence[Task]) -> list[Json]:
    by_arn: dict[str, list[Task]] = {}
    for one in found.deployments:
        mine = [task for task in tasks if task.deployment == one.id]
        by_arn.setdefault(one.revision.arn, []).extend(mine)
    target = found.primary.revision.arn
    return [
        {
            "arn": arn,
            "requestedTaskCount": found.desired if arn == target else sum(t.live for t in mine),
            "runningTaskCount": _tally(mine)["runningCount"],
            "pendingTaskCount": _tally(mine)["pendingCount"],
        }
        for arn, mine in by_arn.items()
    ]


def service_deployment(found: ServiceDeployment, of: Service) -> Json:
    status = {"status": found.breaker, "failureCount": found.failures}
    if found.breaker != "DISABLED":
        status["threshold"] = found.threshold
    return given(
        {
            "serviceDeploymentArn": found.arn,
            "serviceArn": of.arn,
            "clusterArn": of.cluster_arn,
            **_moments(found),
            "stoppedAt": found.stopped_at,
            "updatedAt": found.updated_at,
            "sourceServiceRevisions": found.sources,
            "targetServiceRevision": {
                "arn": found.target.arn,
                "requestedTaskCount": of.desired,
                "runningTaskCount": found.counts.get("running", 0),
                "pendingTaskCount": found.counts.get("pending", 0),
            },
            "status": found.status.value,
            "statusReason": found.reason,
            "deploymentConfiguration": found.configuration,
            "rollback": found.rollback,
            "deploymentCircuitBreaker": status,
        }
    )


def _moments(found: ServiceDeployment) -> Json:
    return {
        "createdAt": found.created_at,
        "startedAt": found.started_at,
        "finishedAt": found.finished_at,
    }


def service_deployment_brief(found: ServiceDeployment, of: Service) -> Json:
    return given(
        {
            "serviceDeploymentArn": found.arn,
            "serviceArn": of.arn,
            "clusterArn": of.cluster_arn,
            **_moments(found),
            "targetServiceRevisionArn": found.target.arn,
            "status": found.status.value,
            "statusReason": found.reason,
        }
    )


def service_revision(found: Revision, of: Service, images: Sequence[Json]) -> Json:
    return given(
        {
            "serviceRevisionArn": found.arn,
            "serviceArn": of.arn,
            "clusterArn": of.cluster_arn,
            **found.spec,
            "platformFamily": "Linux",
            "containerImages": list(images),
            "guardDutyEnabled": False,
            "createdAt": found.created_at,
        }
    )


def container(found: Container, task: Task) -> Json:
    attached = {"attachmentId": task.attachment, "privateIpv4Address": task.address}
    return given(
        {
            "containerArn": found.arn,
            "taskArn": task.arn,
            "name": found.name,
            "image": found.definition["image"],
            "imageDigest": found.digest,
            "runtimeId": found.id,
            "lastStatus": found.status,
            "exitCode": found.exit_code,
            "reason": found.reason,
            "networkBindings": [],
            "networkInterfaces": [attached] if task.address else [],
            "healthStatus": found.health.value,
            "cpu": str(found.definition.get("cpu", 0)),
            "memory": _text(found.definition.get("memory")),
            "memoryReservation": _text(found.definition.get("memoryReservation")),
        }
    )


def _text(number: object) -> str | None:
    return None if number is None else str(number)


def _interface(task: Task) -> Json:
    network = task.spec.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    subnet = next(iter(network.get("subnets", [])), None)
    details = given({"subnetId": subnet, "privateIPv4Address": task.address})
    return {
        "id": task.attachment,
        "type": "ElasticNetworkInterface",
        "status": "DELETED" if task.gone else "ATTACHED" if task.address else "PRECREATED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def _place(found: Task, region: str) -> Json:
    """Where a task runs, and how large it is."""
    body, launch_type = found.definition.body, found.spec.get("launchType")
    return {
        "availabilityZone": f"{region}a",
        "cpu": found.overrides.get("cpu") or body.get("cpu"),
        "memory": found.overrides.get("memory") or body.get("memory"),
        "ephemeralStorage": body.get("ephemeralStorage"),
        "launchType": launch_type,
        "platformVersion": "1.4.0" if launch_type == "FARGATE" else None,
        "platformFamily": "Linux",
    }


def task(found: Task, region: str, tags: Sequence[Json] | None = None) -> Json:
    """Render a task; `tags` is None unless they were asked for."""
    health = task_health(found.containers).value if checked(found.containers) else "UNKNOWN"
    cluster_arn = found.arn.replace(":task/", ":cluster/").rsplit("/", 1)[0]
    return given(
        {
            "attachments": [_interface(found)],
            "attributes": [],
            "clusterArn": cluster_arn,
            "connectivity": "CONNECTED" if found.address else None,
            "connectivityAt": found.times.get("pullStartedAt") if found.address else None,
            "containers": [container(one, found) for one in found.containers],
            **_place(found, region),
            "createdAt": found.created_at,
            "desiredStatus": found.desired,
            "enableExecuteCommand": bool(found.spec.get("enableExecuteCommand")),
            "group": found.group,
            "healthStatus": health,
            "lastStatus": found.status.value,
            "overrides": {"containerOverrides": [], **found.overrides},
            **found.times,
            "startedBy": found.started_by,
            "stopCode": found.stop_code.value if found.stop_code else None,
            "stoppedReason": found.stopped_reason,
            "tags": list(tags) if tags is not None else None,
            "taskArn": found.arn,
            "taskDefinitionArn": found.definition.arn,
            "version": 1 + len(found.times),
        }
    )
