"""What ECS keeps: clusters, task definitions, services with their deployments, and tasks.

Everything here is plain data. It is touched only in the engine's loop, so there are no locks.
Times are seconds since the epoch.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from localcloud.ports import TargetState


class Health(StrEnum):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html"""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    UNKNOWN = "UNKNOWN"


class TaskStatus(StrEnum):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html"""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


STARTING = frozenset({TaskStatus.PROVISIONING, TaskStatus.PENDING, TaskStatus.ACTIVATING})


class StopCode(StrEnum):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"""

    FAILED_TO_START = "TaskFailedToStart"
    ESSENTIAL_EXITED = "EssentialContainerExited"
    USER = "UserInitiated"
    SCHEDULER = "ServiceSchedulerInitiated"


class Rollout(StrEnum):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html"""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class DeploymentStatus(StrEnum):
    """Service deployment states.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
    """

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOP_REQUESTED = "STOP_REQUESTED"
    STOPPED = "STOPPED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"


@dataclass(frozen=True)
class Pace:
    """How fast the local cloud goes. All in seconds.

    `settle` is how long a task without any health check must run to count as healthy; ECS waits
    40 s, which is compressed here because nobody watches a laptop that long:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    `keep_stopped` is how long stopped tasks stay describable (an hour in ECS), `last_lines` how
    long the engine may take to give what a container wrote that has ended.
    """

    tick: float = 0.2
    settle: float = 5.0
    keep_stopped: float = 3600.0
    flush_logs: float = 0.5
    last_lines: float = 10.0


@dataclass
class Cluster:
    name: str
    arn: str
    status: str = "ACTIVE"
    settings: list[dict[str, str]] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=dict)
    connect_defaults: dict[str, Any] = field(default_factory=dict)
    capacity_providers: list[str] = field(default_factory=list)
    default_strategy: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class TaskDefinition:
    """`body` is what the API says of it, without status and times."""

    arn: str
    family: str
    revision: int
    body: dict[str, Any]
    registered_at: float
    status: str = "ACTIVE"
    deregistered_at: float | None = None

    @property
    def containers(self) -> list[dict[str, Any]]:
        return list(self.body["containerDefinitions"])


@dataclass
class Container:
    """One container of a task; `id` is Docker's, empty until it is created."""

    name: str
    arn: str
    definition: dict[str, Any]
    id: str = ""
    status: str = "PENDING"
    exit_code: int | None = None
    reason: str = ""
    digest: str = ""
    health: Health = Health.UNKNOWN

    @property
    def essential(self) -> bool:
        return bool(self.definition.get("essential", True))

    @property
    def checked(self) -> bool:
        return bool(self.definition.get("healthCheck"))


@dataclass(frozen=True)
class TargetKey:
    """A task's port in a target group."""

    group_arn: str
    container: str
    port: int


@dataclass
class Task:
    """A task, `settled` once it has counted as healthy; `failed` when that will never be."""

    id: str
    arn: str
    cluster: str
    definition: TaskDefinition
    containers: list[Container]
    created_at: float
    group: str
    started_by: str = ""
    service: str = ""
    deployment: str = ""
    spec: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    target_keys: tuple[TargetKey, ...] = ()
    target_states: dict[TargetKey, tuple[TargetState, str]] = field(default_factory=dict)
    status: TaskStatus = TaskStatus.PROVISIONING
    desired: str = "RUNNING"
    times: dict[str, float] = field(default_factory=dict)
    stop_code: StopCode | None = None
    stopped_reason: str = ""
    address: str = ""
    attachment: str = ""
    settled: bool = False
    failed: bool = False

    @property
    def live(self) -> bool:
        return self.desired == "RUNNING" and self.status is not TaskStatus.STOPPED

    @property
    def gone(self) -> bool:
        return self.status is TaskStatus.STOPPED


@dataclass(frozen=True)
class Revision:
    """What one deployment deploys: the task definition and where and how it runs.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html
    """

    arn: str
    spec: dict[str, Any]
    created_at: float

    @property
    def definition_arn(self) -> str:
        return str(self.spec["taskDefinition"])


@dataclass
class ServiceDeployment:
    """The record of one deployment, its rollback included."""

    arn: str
    target: Revision
    sources: list[dict[str, Any]]
    configuration: dict[str, Any]
    created_at: float
    status: DeploymentStatus = DeploymentStatus.PENDING
    reason: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    updated_at: float = 0.0
    rollback: dict[str, Any] | None = None
    breaker: str = "DISABLED"
    failures: int = 0
    threshold: int = 0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class Deployment:
    """One entry of a service's `deployments`."""

    id: str
    revision: Revision
    record: ServiceDeployment
    created_at: float
    updated_at: float
    status: str = "PRIMARY"
    state: Rollout = Rollout.IN_PROGRESS
    reason: str = ""
    failed_tasks: int = 0
    rollback: bool = False


@dataclass(frozen=True)
class Event:
    id: str
    created_at: float
    message: str


@dataclass
class Service:
    """`spec` is the service as last asked for, `completed` what it can roll back to."""

    name: str
    arn: str
    cluster: str
    cluster_arn: str
    spec: dict[str, Any]
    desired: int
    created_at: float
    created_by: str
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    records: list[ServiceDeployment] = field(default_factory=list)
    revisions: dict[str, Revision] = field(default_factory=dict)
    completed: Revision | None = None
    events: list[Event] = field(default_factory=list)
    steady: bool = False
    streak: int = 0
    last_failure: float = 0.0

    @property
    def primary(self) -> Deployment:
        return self.deployments[0]

    @property
    def configuration(self) -> dict[str, Any]:
        return dict(self.spec["deploymentConfiguration"])

    @property
    def grace(self) -> float:
        return float(self.spec.get("healthCheckGracePeriodSeconds") or 0)
