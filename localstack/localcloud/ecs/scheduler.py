"""The service scheduler: a service and its tasks now -> what to do next. Pure.

Rolling updates as in
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from localcloud.ecs.breaker import breaker_of, launch_delay
from localcloud.ecs.health import checked, task_health
from localcloud.ecs.model import Health, Pace, Rollout, Service, Task, TaskStatus
from localcloud.ports import TargetState


@dataclass(frozen=True)
class StartTasks:
    deployment: str
    count: int


@dataclass(frozen=True)
class StopTask:
    """`failed` says that a health check failed, which the circuit breaker counts."""

    task: str
    reason: str
    failed: bool = False


@dataclass(frozen=True)
class Complete:
    deployment: str


@dataclass(frozen=True)
class Fail:
    deployment: str


Action = StartTasks | StopTask | Complete | Fail


def healthy(task: Task, now: float, settle: float) -> bool:
    """Whether a task counts towards the minimum healthy percent.

    It runs, its container health checks pass, and its targets are healthy; without any of these
    checks it has run for `settle` seconds.
    """
    if task.status is not TaskStatus.RUNNING or task.desired != "RUNNING":
        return False
    checks = checked(task.containers)
    if checks and task_health(task.containers) is not Health.HEALTHY:
        return False
    if task.target_keys:
        return all(_target(task, key) is TargetState.HEALTHY for key in task.target_keys)
    return checks or now - task.times["startedAt"] >= settle


def _target(task: Task, key: object) -> TargetState | None:
    return next((state for k, (state, _) in task.target_states.items() if k == key), None)


def failing(task: Task, now: float, grace: float) -> str:
    """Return why a running task is to be replaced, "" if it is not.

    Nothing counts within `grace` seconds of its start.
    """
    if task.status is not TaskStatus.RUNNING or now - task.times["startedAt"] < grace:
        return ""
    if task_health(task.containers) is Health.UNHEALTHY:
        return "Task failed container health checks"
    for key, (state, _) in task.target_states.items():
        if state is TargetState.UNHEALTHY:
            return f"Task failed ELB health checks in (target-group {key.group_arn})"
    return ""


def complaint(task: Task, reason: str) -> str:
    """Return what the service's event says of a task that is replaced for its health.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
    """
    for key, (state, code) in task.target_states.items():
        if state is TargetState.UNHEALTHY:
            where = f"(port {key.port}) is unhealthy in (target-group {key.group_arn})"
            return f"(task {task.id}) {where} due to (reason {code})."
    return f"(task {task.id}) {reason.removeprefix('Task ')}."


@dataclass(frozen=True)
class _Census:
    """A service's live tasks, sorted into what the rules speak of."""

    service: Service
    mine: tuple[Task, ...]
    old: tuple[Task, ...]
    healthy: frozenset[str]
    failing: dict[str, str]
    lingering: bool
    """Whether an older deployment still has a task, even a stopping one."""

    @property
    def desired(self) -> int:
        return self.service.desired

    @property
    def ceiling(self) -> int:
        percent = self.service.configuration["maximumPercent"]
        return floor(self.desired * int(percent) / 100)

    @property
    def minimum(self) -> int:
        percent = self.service.configuration["minimumHealthyPercent"]
        return ceil(self.desired * int(percent) / 100)

    @property
    def sound(self) -> tuple[Task, ...]:
        return tuple(task for task in self.mine if task.id not in self.failing)

    @property
    def need(self) -> int:
        return max(0, self.desired - len(self.sound))

    @property
    def room(self) -> int:
        return max(0, self.ceiling - len(self.mine) - len(self.old))


def _census(service: Service, tasks: Sequence[Task], now: float, settle: float) -> _Census:
    primary = service.primary.id
    live = [task for task in tasks if task.live]
    found = {task.id: failing(task, now, service.grace) for task in live}
    return _Census(
        service=service,
        mine=tuple(task for task in live if task.deployment == primary),
        old=tuple(task for task in live if task.deployment != primary),
        healthy=frozenset(task.id for task in live if healthy(task, now, settle)),
        failing={task: reason for task, reason in found.items() if reason},
        lingering=any(task.deployment != primary and not task.gone for task in tasks),
    )


def plan(service: Service, tasks: Sequence[Task], now: float, pace: Pace) -> list[Action]:
    """Return what to do for `service` at `now`, given all its tasks, stopped ones included.

    A service that is no longer ACTIVE loses its tasks. A FAILED deployment launches nothing and
    leaves the older deployment's tasks alone.
    """
    if service.status != "ACTIVE":
        return [StopTask(task.id, _scaling(service)) for task in tasks if task.live]
    census = _census(service, tasks, now, pace.settle)
    primary = service.primary
    if primary.state is Rollout.IN_PROGRESS:
        if breaker_of(service.configuration).tripped(primary.failed_tasks, service.desired):
            return [Fail(primary.id)]
        if _steady(census):
            return [Complete(primary.id)]
    return _adjust(census, now)


def _adjust(census: _Census, now: float) -> list[Action]:
    stops = [*_stop_failing(census), *_scale_in(census)]
    if census.service.primary.state is Rollout.FAILED:
        return [*stops]
    return [*stops, *_stop_old(census, {stop.task for stop in stops}), *_start(census, now)]


def _scaling(service: Service) -> str:
    return f"Scaling activity initiated by (deployment {service.primary.id})"


def _steady(census: _Census) -> bool:
    """Whether the primary deployment is all there is, complete and healthy."""
    return (
        len(census.mine) == census.desired
        and all(task.id in census.healthy for task in census.mine)
        and not census.lingering
    )


def steady(service: Service, tasks: Sequence[Task], now: float, pace: Pace) -> bool:
    """Whether the service has reached a steady state."""
    return (
        service.status == "ACTIVE"
        and service.primary.state is Rollout.COMPLETED
        and _steady(_census(service, tasks, now, pace.settle))
    )


def _stop_failing(census: _Census) -> Iterable[StopTask]:
    """Stop tasks that fail their health checks, those that once were healthy not too early.

    "ECS replaces unhealthy tasks by starting replacement tasks first and then stopping the
    unhealthy tasks" where the maximum percent allows it.
    """
    enough = len(census.healthy) >= census.desired
    blocked = census.need > 0 and census.room == 0
    for task in (*census.mine, *census.old):
        reason = census.failing.get(task.id)
        if reason and (enough or blocked or not task.settled):
            yield StopTask(task.id, reason, failed=True)


def _scale_in(census: _Census) -> Iterable[StopTask]:
    excess = len(census.sound) - census.desired
    by_worth = sorted(census.sound, key=lambda task: (task.id in census.healthy, -task.created_at))
    for task in by_worth[: max(0, excess)]:
        yield StopTask(task.id, _scaling(census.service))


def _stop_old(census: _Census, stopping: set[str]) -> Iterable[StopTask]:
    """Stop what older deployments left, as far as enough tasks stay healthy.

    Only where the maximum percent leaves no room to start first does the minimum healthy percent
    alone decide; else an old task goes when a new one has taken its place.
    """
    blocked = census.need > 0 and census.room == 0
    keep = census.minimum if blocked else max(census.minimum, census.desired)
    spare = len(census.healthy) - keep
    for task in sorted(census.old, key=lambda task: task.created_at):
        if task.id in stopping:
            continue
        if task.id in census.healthy:
            spare -= 1
            if spare < 0:
                continue
        elif task.settled and len(census.healthy) < census.desired:
            continue
        yield StopTask(task.id, _scaling(census.service))


def _start(census: _Census, now: float) -> Iterable[StartTasks]:
    service = census.service
    count = min(census.need, census.room)
    if count and now >= service.last_failure + launch_delay(service.streak):
        yield StartTasks(service.primary.id, count)
