"""One task from its start to its end, in real containers.

The stages are those of
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

from localcloud.ecs import containers as docker_arguments
from localcloud.ecs.container_states import met, record_end
from localcloud.ecs.containers import STOP_TIMEOUT, init_containers, network_owner, start_order
from localcloud.ecs.health import checked, from_docker, task_health
from localcloud.ecs.host import Host
from localcloud.ecs.membership import Membership
from localcloud.ecs.model import Container, Health, StopCode, Task, TaskStatus
from localcloud.ecs.runtime import Image, StartError
from localcloud.ecs.task_logs import TaskLogs

# Seconds after which containers are looked at although no event came: one may have been lost.
_LOOK_AGAIN = 2.0
# Seconds after which a task that runs no longer keeps others from starting, healthy or not.
_COMING_UP = 10.0


class _Stopped(Exception):  # noqa: N818 - the task was told to stop before it ran
    pass


class TaskRunner:
    """Runs one task; `run` returns when it is STOPPED and nothing of it is left in Docker."""

    def __init__(self, task: Task, host: Host) -> None:
        self.task = task
        self._host = host
        self._members = Membership(task, host)
        self._wake = asyncio.Event()
        self._hurry = False
        self._ports: dict[int, int] = {}
        self._logs = TaskLogs(task, host)

    def request_stop(self, code: StopCode, reason: str) -> None:
        """Ask the task to stop: to drain, and then to end within its stopTimeout."""
        if self.task.desired == "RUNNING":
            self.task.desired = "STOPPED"
            self.task.stop_code, self.task.stopped_reason = code, reason
        self._wake.set()

    async def kill(self, reason: str) -> None:
        """Stop the task at once, also where it is being stopped gently already."""
        self._hurry = True
        self.request_stop(StopCode.USER, reason)
        running = [c for c in self.task.containers if c.status == "RUNNING"]
        await asyncio.gather(*(_tolerate(self._host.runtime.stop(c.id, 0)) for c in running))

    def wake(self) -> None:
        """Something happened to a container of the task."""
        self._wake.set()

    async def run(self) -> None:
        try:
            async with self._host.coming_up:
                await self._start()
                await self._come_up()
            await self._until_over()
        except _Stopped:
            pass
        except StartError as error:
            self._end(StopCode.FAILED_TO_START, str(error))
        finally:
            await self._tear_down()

    # --- start

    async def _start(self) -> None:
        task = self.task
        try:
            order = start_order(task.containers)
        except ValueError as error:
            raise StartError(f"ResourceInitializationError: {error}") from error
        secrets = {c.name: await self._secrets(c) for c in order}
        self._enter(TaskStatus.PENDING)
        images = await self._pull(order)
        await self._volumes()
        owner = network_owner(order)
        for container in order:
            self._check_stop()
            await self._conditions(container)
            await self._launch(container, owner, images[container.name], secrets[container.name])
        self._enter(TaskStatus.ACTIVATING)
        self._members.join(self._ports)
        self.task.times["startedAt"] = self._host.clock()
        self._enter(TaskStatus.RUNNING)

    def _check_stop(self) -> None:
        if self.task.desired != "RUNNING":
            raise _Stopped

    async def _secrets(self, container: Container) -> dict[str, str]:
        given = container.definition.get("secrets") or []
        secret = self._host.aws.secret
        return {e["name"]: await asyncio.to_thread(secret, e["valueFrom"]) for e in given}

    async def _pull(self, order: list[Container]) -> dict[str, Image]:
        self.task.times["pullStartedAt"] = self._host.clock()
        images = {}
        for container in order:
            self._check_stop()
            try:
                images[container.name] = await self._host.runtime.pull(
                    container.definition["image"]
                )
            except StartError as error:
                container.reason = str(error)
                raise
            container.digest = images[container.name].digest
        self.task.times["pullStoppedAt"] = self._host.clock()
        return images

    async def _volumes(self) -> None:
        for volume in self.task.definition.body.get("volumes") or []:
            await self._host.runtime.create_volume(
                docker_arguments.volume_name(self.task, volume["name"]),
                docker_arguments.labels(self._host.settings, self.task),
            )

    async def _launch(
        self, container: Container, owner: Container, image: Image, secrets: dict[str, str]
    ) -> None:
        host, task = self._host, self.task
        arguments = docker_arguments.container_arguments(
            task, container, owner, secrets, host.settings
        )
        place = await self._logs.open(container)
        try:
            async with host.starting:
                self._check_stop()
                container.id = await host.runtime.create(image, arguments)
                found = await host.runtime.start(container.id)
        except StartError as error:
            container.reason = str(error)
            raise
        container.status = "RUNNING"
        self._logs.follow(container, place)
        if container is owner:
            task.address, self._ports = found.address, dict(found.ports)

    async def _conditions(self, container: Container) -> None:
        """Wait for what the container's `dependsOn` asks for."""
        for need in container.definition.get("dependsOn") or []:
            other = next(c for c in self.task.containers if c.name == need["containerName"])
            await self._wait_for(partial(met, other, need["condition"]))
            if need["condition"] == "SUCCESS" and other.exit_code:
                raise StartError(
                    f"Container {other.name} exited with code {other.exit_code}, "
                    f"which {container.name} depends on"
                )

    async def _wait_for(self, condition: Callable[[], bool]) -> None:
        ending = init_containers(self.task.containers)
        while not condition():
            self._check_stop()
            await self._next_change()
            gone = await self._look_all()
            if any(c.essential and c.name not in ending for c in gone):
                raise StartError("Essential container in task exited")

    # --- running

    async def _come_up(self) -> None:
        """Wait for a while until the checks of its containers say how it does."""
        deadline = self._host.clock() + _COMING_UP
        while checked(self.task.containers) and self._host.clock() < deadline:
            known = task_health(self.task.containers) is not Health.UNKNOWN
            if known or self.task.desired != "RUNNING" or await self._look_all():
                return
            await self._next_change()

    async def _until_over(self) -> None:
        while self.task.desired == "RUNNING":
            gone = await self._look_all()
            if any(container.essential for container in gone):
                self._end(StopCode.ESSENTIAL_EXITED, "Essential container in task exited")
                return
            await self._next_change()

    async def _next_change(self) -> None:
        """Wait for news of a container, or a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _LOOK_AGAIN)
        self._wake.clear()

    async def _look_all(self) -> list[Container]:
        """Look at every running container; return those that are not running any more."""
        created = [c for c in self.task.containers if c.id]
        for container in created:
            if container.status == "RUNNING":
                await self._look(container)
        return [c for c in created if c.status == "STOPPED"]

    async def _look(self, container: Container) -> None:
        try:
            found = await self._host.runtime.inspect(container.id)
        except StartError:
            return  # the engine is away for the moment; it tells when it is back
        before = container.health
        if container.checked and found:
            container.health = from_docker(found.health)
        if found is None or not found.running:
            record_end(container, found)
        if before is not container.health or container.status == "STOPPED":
            self._host.tell()

    def _end(self, code: StopCode, reason: str) -> None:
        task = self.task
        if task.desired == "RUNNING":
            task.desired = "STOPPED"
            task.stop_code, task.stopped_reason = code, reason
        task.times.setdefault("executionStoppedAt", self._host.clock())
        self._host.tell()

    async def _leave_targets(self) -> None:
        """Leave the target groups; wait until the last requests are answered."""
        self._members.leave()
        while not self._members.drained():
            gone = await self._look_all()
            if self._hurry or any(container.essential for container in gone):
                return
            await asyncio.sleep(self._host.pace.tick)

    # --- stop

    async def _tear_down(self) -> None:
        task = self.task
        task.times["stoppingAt"] = self._host.clock()
        self._enter(TaskStatus.DEACTIVATING)
        await self._leave_targets()
        self._enter(TaskStatus.STOPPING)
        created = [c for c in reversed(task.containers) if c.id]
        await asyncio.gather(*(self._stop(c) for c in created))
        await self._logs.end()
        self._enter(TaskStatus.DEPROVISIONING)
        await self._clean(created)
        for container in task.containers:
            container.status = "STOPPED"
        task.times["stoppedAt"] = self._host.clock()
        task.times.setdefault("executionStoppedAt", task.times["stoppedAt"])
        self._enter(TaskStatus.STOPPED)

    async def _stop(self, container: Container) -> None:
        if container.status != "RUNNING":
            return
        timeout = int(container.definition.get("stopTimeout") or STOP_TIMEOUT)
        await _tolerate(self._host.runtime.stop(container.id, 0 if self._hurry else timeout))
        await self._look(container)

    async def _clean(self, created: list[Container]) -> None:
        runtime = self._host.runtime
        await asyncio.gather(*(_tolerate(runtime.remove(c.id)) for c in created))
        for volume in self.task.definition.body.get("volumes") or []:
            name = docker_arguments.volume_name(self.task, volume["name"])
            await _tolerate(runtime.remove_volume(name))

    def _enter(self, status: TaskStatus) -> None:
        self.task.status = status
        self._host.tell()


async def _tolerate(work: Awaitable[None]) -> None:
    """Let a clean-up go on when the engine is away; the reaper removes what stays."""
    with contextlib.suppress(StartError):
        await work
