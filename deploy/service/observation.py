"""What was seen of a service at one moment, parsed from ECS's replies. Pure.

Times are seconds since the epoch by the server's clock; the local clock is compared with nothing.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Reply = Mapping[str, Any]


@dataclass(frozen=True)
class DeploymentSeen:
    """One entry of DescribeServices' `deployments`."""

    id: str
    status: str  # PRIMARY, ACTIVE, INACTIVE
    definition: str  # the task definition's ARN
    rollout: str = ""  # IN_PROGRESS, COMPLETED, FAILED; empty unless rolling
    reason: str = ""
    desired: int = 0
    running: int = 0
    pending: int = 0
    failed: int = 0  # tasks that failed one after the other: a healthy one may reset it
    created: float = 0
    updated: float = 0


@dataclass(frozen=True)
class ServiceDeploymentSeen:
    """One entry of DescribeServiceDeployments."""

    arn: str
    status: str
    stage: str = ""
    reason: str = ""
    tripped: bool = False  # the circuit breaker or an alarm


@dataclass(frozen=True)
class ServiceEvent:
    id: str
    at: float
    message: str


@dataclass(frozen=True)
class Observation:
    """The whole of it. `exists` is False when ECS does not know the service."""

    exists: bool
    status: str = "ACTIVE"
    desired: int = 0
    running: int = 0
    strategy: str = "ROLLING"
    deployments: tuple[DeploymentSeen, ...] = ()
    service_deployment: ServiceDeploymentSeen | None = None  # mine, if it has been found
    failed_tasks: frozenset[str] = frozenset()  # ARNs of tasks of mine that stopped by a failure
    healthy: int | None = None  # running tasks of mine whose containers are healthy
    events: tuple[ServiceEvent, ...] = ()

    @property
    def primary(self) -> DeploymentSeen | None:
        return next((seen for seen in self.deployments if seen.status == "PRIMARY"), None)

    def deployment(self, identity: str) -> DeploymentSeen | None:
        return next((seen for seen in self.deployments if seen.id == identity), None)


def brief(message: str) -> str:
    """Return an event or a reason of ECS's with target groups by their names, not their ARNs."""
    return re.sub(r"arn:aws[\w-]*:[^\s)]*:targetgroup/([^/\s)]+)/\w+", r"\1", message)


def parse(
    service: Reply | None,
    service_deployment: Reply | None = None,
    tasks: Sequence[Reply] = (),
    deployment_id: str = "",
) -> Observation:
    """Parse an entry of DescribeServices (None: missing), and what else is known by now.

    `service_deployment` is an entry of DescribeServiceDeployments, `tasks` of DescribeTasks; of
    these, only those count that the deployment `deployment_id` started.
    """
    if service is None:
        return Observation(exists=False)
    mine = [task for task in tasks if task.get("startedBy") == deployment_id]
    return Observation(
        exists=True,
        status=service.get("status", "ACTIVE"),
        desired=service.get("desiredCount", 0),
        running=service.get("runningCount", 0),
        strategy=service.get("deploymentConfiguration", {}).get("strategy") or "ROLLING",
        deployments=tuple(_deployment(entry) for entry in service.get("deployments", [])),
        service_deployment=_service_deployment(service_deployment),
        failed_tasks=frozenset(task["taskArn"] for task in mine if failed(task)),
        healthy=sum(map(_is_healthy, mine)) if mine else None,
        events=tuple(_event(entry) for entry in service.get("events", [])),
    )


def _deployment(entry: Reply) -> DeploymentSeen:
    return DeploymentSeen(
        id=entry["id"],
        status=entry.get("status", ""),
        definition=entry.get("taskDefinition", ""),
        rollout=entry.get("rolloutState") or "",
        reason=entry.get("rolloutStateReason") or "",
        desired=entry.get("desiredCount", 0),
        running=entry.get("runningCount", 0),
        pending=entry.get("pendingCount", 0),
        failed=entry.get("failedTasks", 0),
        created=seconds(entry.get("createdAt")),
        updated=seconds(entry.get("updatedAt")),
    )


def _service_deployment(entry: Reply | None) -> ServiceDeploymentSeen | None:
    if entry is None:
        return None
    monitors = (entry.get("deploymentCircuitBreaker") or {}, entry.get("alarms") or {})
    return ServiceDeploymentSeen(
        arn=entry.get("serviceDeploymentArn", ""),
        status=entry.get("status", ""),
        stage=entry.get("lifecycleStage") or "",
        reason=entry.get("statusReason") or (entry.get("rollback") or {}).get("reason") or "",
        tripped=any(monitor.get("status") == "TRIGGERED" for monitor in monitors),
    )


def _event(entry: Reply) -> ServiceEvent:
    return ServiceEvent(
        entry.get("id", ""), seconds(entry.get("createdAt")), entry.get("message", "")
    )


def _is_healthy(task: Reply) -> bool:
    return task.get("lastStatus") == "RUNNING" and task.get("healthStatus") == "HEALTHY"


def failed(task: Reply) -> bool:
    """Say whether a task stopped by a failure of its own, and was not just scaled in.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
    """
    if task.get("desiredStatus") != "STOPPED" and task.get("lastStatus") != "STOPPED":
        return False
    reason = task.get("stoppedReason", "").lower()
    codes = ("EssentialContainerExited", "TaskFailedToStart")
    return task.get("stopCode") in codes or "health check" in reason


def seconds(moment: datetime | float | None) -> float:
    """Return a reply's timestamp in seconds since the epoch; 0 if there is none."""
    if moment is None:
        return 0.0
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def service_deployment_of(
    candidates: Iterable[Reply], definitions: Mapping[str, str], definition: str, created: float
) -> str:
    """Return the ARN of the service deployment that is mine, or "".

    `candidates` are entries of ListServiceDeployments, `definitions` maps a service revision's ARN
    to its task definition's (DescribeServiceRevisions). Mine aims at a revision of `definition`
    and is the first one that is not older than my deployment, created at `created`. Both stamps
    are the server's; one second is left for its rounding.
    """
    mine = [
        entry
        for entry in candidates
        if definitions.get(entry.get("targetServiceRevisionArn", "")) == definition
        and seconds(entry.get("createdAt")) >= created - 1
    ]
    mine.sort(key=lambda entry: seconds(entry.get("createdAt")))
    return str(mine[0]["serviceDeploymentArn"]) if mine else ""
