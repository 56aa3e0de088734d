"""Services and tasks for the unit tests, and a simulation of what the engine would do."""

import itertools
from typing import Any

from localcloud.ecs import rollouts, scheduler
from localcloud.ecs.model import (
    Container,
    Health,
    Pace,
    Service,
    StopCode,
    TargetKey,
    Task,
    TaskDefinition,
    TaskStatus,
)
from localcloud.ports import TargetState

PACE = Pace(settle=5)
PREFIX = "arn:aws:ecs:us-east-1:000000000000"
KEY = TargetKey("arn:tg", "app", 8080)
_ids = itertools.count()


def definition(**container: Any) -> TaskDefinition:
    body = {"containerDefinitions": [{"name": "app", "image": "app:1", **container}]}
    return TaskDefinition(f"{PREFIX}:task-definition/app:1", "app", 1, body, 0.0)


def service(desired: int = 2, **configuration: Any) -> Service:
    """Return a service whose first deployment has just begun."""
    limits = {"minimumHealthyPercent": 100, "maximumPercent": 200, **configuration}
    made = Service(
        name="app",
        arn=f"{PREFIX}:service/c/app",
        cluster="c",
        cluster_arn=f"{PREFIX}:cluster/c",
        spec={"taskDefinition": "app:1", "deploymentConfiguration": limits},
        desired=desired,
        created_at=0.0,
        created_by="me",
    )
    rollouts.begin(made, [], PREFIX, 0.0)
    return made


def task(of: Service, *, status: TaskStatus = TaskStatus.RUNNING, **fields: Any) -> Task:
    """Return a task of the primary deployment, started at 0."""
    made = Task(
        id=f"t{next(_ids)}",
        arn="",
        cluster="c",
        definition=definition(),
        containers=[Container("app", "", {"name": "app", "image": "app:1"})],
        created_at=0.0,
        group="",
        deployment=of.primary.id,
        service=of.arn,
        status=status,
        times={"startedAt": 0.0},
    )
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def behind(made: Task, state: TargetState) -> Task:
    """Put a task into the target group, in a state."""
    made.target_keys, made.target_states = (KEY,), {KEY: (state, "")}
    return made


def with_check(made: Task, health: Health) -> Task:
    made.containers[0].definition = {"name": "app", "healthCheck": {"command": ["CMD", "x"]}}
    made.containers[0].health = health
    return made


class Simulation:
    """Plays the engine without Docker: every tick is one second.

    `good` tells which revisions' tasks become healthy; the others exit right after their start.
    """

    def __init__(self, of: Service, good: set[str]) -> None:
        self.service = of
        self.good = good
        self.tasks: list[Task] = []
        self.now = 0.0
        self.least_healthy = of.desired
        self.most = 0

    def tick(self) -> None:
        self.now += 1
        for one in self.tasks:
            self._age(one)
        rollouts.observe(self.service, self.tasks, self.now, PACE.settle)
        for action in scheduler.plan(self.service, self.tasks, self.now, PACE):
            self._do(action)
        rollouts.forget_drained(self.service, self.tasks)
        self._measure()

    def _age(self, one: Task) -> None:
        if one.desired == "STOPPED":
            one.status = TaskStatus.STOPPED
        elif one.status is TaskStatus.PENDING:
            one.status, one.times["startedAt"] = TaskStatus.RUNNING, self.now
        elif one.spec["taskDefinition"] not in self.good:
            one.status, one.desired = TaskStatus.STOPPED, "STOPPED"
            one.stop_code = StopCode.ESSENTIAL_EXITED

    def _do(self, action: scheduler.Action) -> None:
        match action:
            case scheduler.StartTasks(_, count):
                spec = self.service.primary.revision.spec
                self.tasks += [
                    task(self.service, status=TaskStatus.PENDING, spec=spec, created_at=self.now)
                    for _ in range(count)
                ]
            case scheduler.StopTask(name, _, failed):
                one = next(t for t in self.tasks if t.id == name)
                one.desired, one.stop_code = "STOPPED", StopCode.SCHEDULER
                if failed:
                    rollouts.count_failure(self.service, one, self.now)
            case scheduler.Complete():
                rollouts.complete(self.service, self.now)
            case scheduler.Fail():
                rollouts.fail(self.service, self.now)

    def _measure(self) -> None:
        healthy = [t for t in self.tasks if scheduler.healthy(t, self.now, PACE.settle)]
        self.least_healthy = min(self.least_healthy, len(healthy))
        self.most = max(self.most, sum(t.live for t in self.tasks))

    def play(self, seconds: int) -> None:
        for _ in range(seconds):
            self.tick()

    def deploy(self, reference: str) -> str:
        """Begin a deployment of another revision; return its id."""
        self.service.spec["taskDefinition"] = reference
        made = rollouts.begin(self.service, self.tasks, PREFIX, self.now)
        self.least_healthy, self.most = self.service.desired, 0
        return made.id
