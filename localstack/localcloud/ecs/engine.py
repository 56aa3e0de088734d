"""The loop that makes services what they are asked to be.

Every tick, and whenever a task changes, it lets the scheduler plan for each service and carries
the plan out. All state is touched in this loop only.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace

from localcloud.ecs import names, rollouts, scheduler
from localcloud.ecs.host import Host, Surroundings
from localcloud.ecs.lifecycle import TaskRunner
from localcloud.ecs.model import (
    Cluster,
    Container,
    Pace,
    Service,
    StopCode,
    TargetKey,
    Task,
    TaskDefinition,
)
from localcloud.ecs.runtime import DockerEvent, Runtime
from localcloud.ecs.store import Store
from localcloud.ports import Targets

_LOG = logging.getLogger(__name__)


class Engine:
    """Owns the running tasks of one local cloud."""

    def __init__(
        self,
        store: Store,
        runtime: Runtime,
        targets: Targets,
        aws: Surroundings,
        *,
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        self.store = store
        self.pace = pace
        self.clock = clock
        self._targets = targets
        self._changed = asyncio.Event()
        self._runners: dict[str, tuple[TaskRunner, asyncio.Task[None]]] = {}
        self._loop: asyncio.Task[None] | None = None
        self._over = False
        self._host = Host(
            runtime=runtime,
            targets=targets,
            aws=aws,
            settings=store.names.settings,
            pace=pace,
            clock=clock,
            tell=self._changed.set,
            note=self._note,
        )

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop every task at once and wait until its containers are removed."""
        self._over = True
        self._changed.set()
        if self._loop:
            await self._loop
        running = list(self._runners.values())
        await asyncio.gather(*(runner.kill("The local cloud is stopping") for runner, _ in running))
        await asyncio.gather(*(future for _, future in running), return_exceptions=True)

    def wake(self) -> None:
        """Plan again soon: something was asked for."""
        self._changed.set()

    def on_docker(self, event: DockerEvent) -> None:
        """Tell a task that something happened to a container of its."""
        for task_id, (runner, _) in self._runners.items():
            if event.action == "resync" or event.task == task_id:
                runner.wake()

    def launch(self, task: Task) -> None:
        """Begin to run a task."""
        self.store.tasks[task.id] = task
        runner = TaskRunner(task, self._host)
        future = asyncio.create_task(runner.run())
        self._runners[task.id] = (runner, future)
        future.add_done_callback(lambda done: self._ended(task, done))

    def _ended(self, task: Task, done: "asyncio.Task[None]") -> None:
        self._runners.pop(task.id, None)
        if not done.cancelled() and (error := done.exception()):
            _LOG.error("task %s ended with a fault of the local cloud", task.id, exc_info=error)
        self._changed.set()

    def stop_task(self, task: Task, code: StopCode, reason: str) -> None:
        if task.id in self._runners:
            self._runners[task.id][0].request_stop(code, reason)
        self._changed.set()

    async def _run(self) -> None:
        # A flag and no cancellation, which asyncio.wait_for can lose up to Python 3.11:
        # https://github.com/python/cpython/issues/86296
        while not self._over:
            self._changed.clear()
            self.tick()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self.pace.tick)

    def tick(self) -> None:
        """Look at every service once and do what the scheduler says."""
        now = self.clock()
        for service in list(self.store.services.values()):
            if service.status != "INACTIVE":
                try:
                    self._serve(service, now)
                except Exception:  # noqa: BLE001 - one service's fault is not the others'
                    _LOG.exception("service %s could not be scheduled", service.arn)
        old = now - self.pace.keep_stopped
        for task in [t for t in self.store.tasks.values() if t.times.get("stoppedAt", now) < old]:
            del self.store.tasks[task.id]
            self.store.tags.pop(task.arn, None)

    def _serve(self, service: Service, now: float) -> None:
        tasks = self.store.tasks_of(service)
        for task in tasks:
            self._look_at_targets(task)
        rollouts.observe(service, tasks, now, self.pace.settle)
        self._count(service, tasks)
        for action in scheduler.plan(service, tasks, now, self.pace):
            self._do(service, action, now)
        rollouts.forget_drained(service, tasks)
        self._settle(service, now)

    def _look_at_targets(self, task: Task) -> None:
        for key in task.target_states:
            found = self._targets.state(key.group_arn, task.address, key.port)
            task.target_states[key] = found

    def _do(self, service: Service, action: scheduler.Action, now: float) -> None:
        match action:
            case scheduler.StartTasks(deployment, count):
                self._start_tasks(service, deployment, count, now)
            case scheduler.StopTask(task_id, reason, failed):
                self._stop(service, self.store.tasks[task_id], reason, failed=failed)
            case scheduler.Complete():
                rollouts.complete(service, now)
            case scheduler.Fail():
                rollouts.fail(service, now)

    def _start_tasks(self, service: Service, deployment: str, count: int, now: float) -> None:
        tasks = [self._service_task(service, deployment, now) for _ in range(count)]
        for task in tasks:
            self._tag(service, task)
            self.launch(task)
        called = " ".join(f"(task {task.id})" for task in tasks)
        rollouts.note(service, f"has started {count} tasks: {called}.", now)

    def _service_task(self, service: Service, deployment: str, now: float) -> Task:
        spec = service.primary.revision.spec
        definition = self.store.definition(spec["taskDefinition"])
        keys = [
            TargetKey(balancer["targetGroupArn"], balancer["containerName"], port)
            for balancer in spec.get("loadBalancers", [])
            if (port := balancer["containerPort"])
        ]
        task = self.new_task(definition, self.store.clusters[service.cluster], now)
        return replace(
            task,
            group=f"service:{service.name}",
            started_by=deployment,
            deployment=deployment,
            service=service.arn,
            spec={**service.spec, **spec},
            target_keys=tuple(keys),
        )

    def _tag(self, service: Service, task: Task) -> None:
        origin = {"SERVICE": service.arn, "TASK_DEFINITION": task.definition.arn}
        propagated = origin.get(service.spec.get("propagateTags", ""), "")
        managed = {"aws:ecs:clusterName": service.cluster, "aws:ecs:serviceName": service.name}
        self.store.tags[task.arn] = [
            *self.store.tags.get(propagated, []),
            *(
                {"key": key, "value": value}
                for key, value in managed.items()
                if service.spec.get("enableECSManagedTags")
            ),
        ]

    def new_task(self, definition: TaskDefinition, cluster: Cluster, now: float) -> Task:
        """Make a task of `definition` that is not running yet."""
        make, task_id = self.store.names.arn, names.hexadecimal()
        return Task(
            id=task_id,
            arn=make("task", cluster.name, task_id),
            cluster=cluster.name,
            definition=definition,
            containers=[
                Container(d["name"], make("container", cluster.name, task_id, names.dashed()), d)
                for d in definition.containers
            ],
            created_at=now,
            group=f"family:{definition.family}",
            attachment=names.dashed(),
        )

    def _stop(self, service: Service, task: Task, reason: str, *, failed: bool) -> None:
        now = self.clock()
        if failed:
            rollouts.count_failure(service, task, now)
            rollouts.note(service, scheduler.complaint(task, reason), now)
        self.stop_task(task, StopCode.SCHEDULER, reason)
        rollouts.note(service, f"has stopped 1 running tasks: (task {task.id}).", now)

    def _settle(self, service: Service, now: float) -> None:
        tasks = self.store.tasks_of(service)
        steady = scheduler.steady(service, tasks, now, self.pace)
        if steady and not service.steady:
            rollouts.note(service, "has reached a steady state.", now)
        service.steady = steady
        if service.status == "DRAINING" and all(task.gone for task in tasks):
            service.status = "INACTIVE"

    def _count(self, service: Service, tasks: list[Task]) -> None:
        """Keep the task counts of the service deployment that is under way."""
        record = service.primary.record
        if rollouts.ongoing(record):
            revision_of = {d.id: d.revision.arn for d in service.deployments}
            record.counts = rollouts.counts(tasks, record.target.arn, revision_of)

    def _note(self, task: Task, message: str) -> None:
        service = self.store.service_of(task)
        if service:
            rollouts.note(service, message, self.clock())
