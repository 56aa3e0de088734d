"""How deployments begin, fail, roll back, are superseded and complete. Pure: no I/O, no clock.

The states of the service deployment (the record) follow
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html:
STOPPED when "a user starts a new service deployment" or when it fails without rollback,
ROLLBACK_* when the circuit breaker or a user rolls it back.
"""

from collections.abc import Sequence
from typing import Any

from localcloud.ecs import names
from localcloud.ecs.breaker import FREE_FAILURES, breaker_of
from localcloud.ecs.model import (
    STARTING,
    Deployment,
    DeploymentStatus,
    Event,
    Revision,
    Rollout,
    Service,
    ServiceDeployment,
    StopCode,
    Task,
    TaskStatus,
)
from localcloud.ecs.scheduler import healthy

# The parameters whose change starts a deployment:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-service-parameters.html
REVISION_KEYS = (
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html: "up to 100".
MOST_EVENTS = 100
_ENDED_BY_ITSELF = frozenset({StopCode.FAILED_TO_START, StopCode.ESSENTIAL_EXITED})
_ONGOING = frozenset(
    {
        DeploymentStatus.PENDING,
        DeploymentStatus.IN_PROGRESS,
        DeploymentStatus.STOP_REQUESTED,
        DeploymentStatus.ROLLBACK_REQUESTED,
        DeploymentStatus.ROLLBACK_IN_PROGRESS,
    }
)


def ongoing(record: ServiceDeployment) -> bool:
    """Whether a service deployment has not ended yet."""
    return record.status in _ONGOING


def note(service: Service, message: str, now: float) -> None:
    """Put an event at the head of the service's list."""
    service.events.insert(0, Event(names.dashed(), now, f"(service {service.name}) {message}"))
    del service.events[MOST_EVENTS:]


def revision_spec(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: spec[key] for key in REVISION_KEYS if spec.get(key)}


def counts(tasks: Sequence[Task], arn: str, revision_of: dict[str, str]) -> dict[str, int]:
    """Return how many tasks of the revision `arn` run and are pending."""
    mine = [task for task in tasks if revision_of.get(task.deployment) == arn]
    return {
        "running": sum(task.status is TaskStatus.RUNNING for task in mine),
        "pending": sum(task.status in STARTING for task in mine),
    }


def begin(service: Service, tasks: Sequence[Task], cluster_path: str, now: float) -> Deployment:
    """Make a new PRIMARY deployment of `service.spec`; what was under way is superseded.

    `cluster_path` is the ARN prefix such as `arn:aws:ecs:us-east-1:000000000000`.
    """
    revision = _revision(service, cluster_path, now)
    record = ServiceDeployment(
        arn=f"{cluster_path}:service-deployment/{service.cluster}/{service.name}/{names.token()}",
        target=revision,
        sources=_sources(service, tasks),
        configuration=service.configuration,
        created_at=now,
        updated_at=now,
    )
    _arm(service, record)
    stop_all(service, "A new service deployment was started.", now)
    service.records.insert(0, record)
    return _promote(service, revision, record, now)


def _revision(service: Service, cluster_path: str, now: float) -> Revision:
    arn = f"{cluster_path}:service-revision/{service.cluster}/{service.name}/{names.number()}"
    revision = Revision(arn, revision_spec(service.spec), now)
    service.revisions[arn] = revision
    return revision


def _arm(service: Service, record: ServiceDeployment) -> None:
    breaker = breaker_of(service.configuration)
    record.breaker = "MONITORING" if breaker.enabled else "DISABLED"
    record.threshold = breaker.threshold(service.desired) if breaker.enabled else 0


def _sources(service: Service, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    revision_of = {d.id: d.revision.arn for d in service.deployments}
    found = [(arn, counts(tasks, arn, revision_of)) for arn in dict.fromkeys(revision_of.values())]
    return [
        {
            "arn": arn,
            "requestedTaskCount": service.desired,
            "runningTaskCount": count["running"],
            "pendingTaskCount": count["pending"],
        }
        for arn, count in found
    ]


def stop_all(service: Service, reason: str, now: float) -> None:
    """End every service deployment that is under way."""
    for record in service.records:
        if ongoing(record):
            _end(record, DeploymentStatus.STOPPED, reason, now)


def _end(record: ServiceDeployment, status: DeploymentStatus, reason: str, now: float) -> None:
    record.status, record.reason = status, reason
    record.finished_at = record.updated_at = now
    if status is DeploymentStatus.STOPPED:
        record.stopped_at = now
    if record.breaker == "MONITORING":
        record.breaker = "MONITORING_COMPLETE"


def _promote(
    service: Service, revision: Revision, record: ServiceDeployment, now: float
) -> Deployment:
    for older in service.deployments:
        older.status, older.updated_at = "ACTIVE", now
    deployment = Deployment(f"ecs-svc/{names.number()}", revision, record, now, now)
    deployment.reason = f"ECS deployment {deployment.id} in progress."
    service.deployments.insert(0, deployment)
    service.streak, service.last_failure, service.steady = 0, 0.0, False
    return deployment


def observe(service: Service, tasks: Sequence[Task], now: float, settle: float) -> None:
    """Take note of tasks that became healthy and of tasks that ended before they did.

    "The number of consecutively failed tasks in the deployment":
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
    """
    record = service.primary.record
    if record.status is DeploymentStatus.PENDING:
        record.status, record.started_at, record.updated_at = DeploymentStatus.IN_PROGRESS, now, now
    for task in tasks:
        if not task.settled and healthy(task, now, settle):
            task.settled = True
            _settled(service, task)
        elif not task.settled and task.stop_code in _ENDED_BY_ITSELF:
            count_failure(service, task, now)


def _settled(service: Service, task: Task) -> None:
    service.streak = 0
    primary = service.primary
    if task.deployment == primary.id and primary.state is Rollout.IN_PROGRESS:
        primary.failed_tasks = breaker_of(service.configuration).after_healthy(primary.failed_tasks)


def count_failure(service: Service, task: Task, now: float) -> None:
    """Count a task that failed to start, ended by itself, or failed its health checks."""
    if task.failed:
        return
    task.failed = True
    primary = service.primary
    if task.deployment != primary.id:
        return
    service.streak += 1
    service.last_failure = now
    if service.streak == FREE_FAILURES:
        note(service, "is unable to consistently start tasks successfully.", now)
    if primary.state is Rollout.IN_PROGRESS:
        primary.failed_tasks += 1
        primary.record.failures = max(primary.record.failures, primary.failed_tasks)


def complete(service: Service, now: float) -> None:
    """The primary deployment has reached a steady state."""
    primary = service.primary
    primary.state, primary.updated_at = Rollout.COMPLETED, now
    primary.reason = f"ECS deployment {primary.id} completed."
    primary.failed_tasks = 0
    service.completed = primary.revision
    status = DeploymentStatus.SUCCESSFUL
    reason = ""
    if primary.rollback:
        status = DeploymentStatus.ROLLBACK_SUCCESSFUL
        reason = primary.record.reason
    _end(primary.record, status, reason, now)
    note(service, f"(deployment {primary.id}) deployment completed.", now)


def fail(service: Service, now: float) -> Deployment | None:
    """The circuit breaker has tripped. Return the rollback's deployment, None if there is none."""
    primary = service.primary
    primary.record.breaker = "TRIGGERED"
    note(service, f"(deployment {primary.id}) deployment failed: tasks failed to start.", now)
    if not breaker_of(service.configuration).rollback:
        _give_up(service, DeploymentStatus.STOPPED, now)
        return None
    if primary.rollback or service.completed is None:
        _give_up(service, DeploymentStatus.ROLLBACK_FAILED, now)
        return None
    reason = "Service deployment rolled back because the circuit breaker threshold was exceeded."
    return roll_back(service, reason, "ECS deployment circuit breaker", now)


def _give_up(service: Service, status: DeploymentStatus, now: float) -> None:
    primary = service.primary
    primary.state, primary.updated_at = Rollout.FAILED, now
    primary.reason = "ECS deployment circuit breaker: tasks failed to start."
    _end(primary.record, status, "Circuit breaker threshold exceeded: tasks failed to start.", now)


def roll_back(service: Service, reason: str, who: str, now: float) -> Deployment | None:
    """Deploy the last completed revision again, as a new deployment of the same record.

    Returns None, and changes nothing, when nothing has ever been completed.
    """
    target = service.completed
    if target is None:
        return None
    failed, record = service.primary, service.primary.record
    deployment = _promote(service, target, record, now)
    deployment.rollback = True
    deployment.reason = f"{who}: rolling back to deploymentId {deployment.id}."
    failed.state, failed.reason = Rollout.FAILED, deployment.reason
    record.status, record.reason, record.updated_at = (
        DeploymentStatus.ROLLBACK_IN_PROGRESS,
        reason,
        now,
    )
    record.rollback = {"reason": reason, "startedAt": now, "serviceRevisionArn": target.arn}
    _restore(service, target)
    note(service, f"rolling back to deployment {deployment.id}.", now)
    return deployment


def _restore(service: Service, target: Revision) -> None:
    for key in REVISION_KEYS:
        service.spec.pop(key, None)
    service.spec.update(target.spec)


def abort(service: Service, now: float) -> None:
    """Stop the deployment where it is: no rollback, and no further tasks."""
    primary = service.primary
    primary.state, primary.updated_at = Rollout.FAILED, now
    primary.reason = f"ECS deployment {primary.id} was stopped by a user."
    _end(primary.record, DeploymentStatus.STOPPED, "Stopped by a user.", now)


def forget_drained(service: Service, tasks: Sequence[Task]) -> None:
    """Drop the older deployments that have no task left."""
    busy = {task.deployment for task in tasks if not task.gone}
    service.deployments[1:] = [d for d in service.deployments[1:] if d.id in busy]
