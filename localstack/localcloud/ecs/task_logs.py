"""The log streams of one task's containers."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from localcloud.ecs.host import Host
from localcloud.ecs.logs import LogStream
from localcloud.ecs.model import Container, Task

Close = Callable[[], None]


class Place(NamedTuple):
    """Where a container's lines go."""

    group: str
    stream: str


class TaskLogs:
    """Sends what the containers of a task write; `end` returns when all of it has been sent."""

    def __init__(self, task: Task, host: Host) -> None:
        self._task, self._host = task, host
        self._sending: dict[asyncio.Task[None], Close] = {}

    async def open(self, container: Container) -> Place | None:
        """Create the container's stream; None if its lines go nowhere. Raises StartError."""
        configuration = container.definition.get("logConfiguration") or {}
        if configuration.get("logDriver") != "awslogs":
            return None
        options = configuration["options"]
        opened = self._host.aws.open_stream
        stream = await asyncio.to_thread(opened, options, container.name, self._task.id)
        return Place(options["awslogs-group"], stream)

    def follow(self, container: Container, place: Place | None) -> None:
        """Send what a container writes from now on."""
        if place is None:
            return
        host = self._host
        log = LogStream(
            lambda batch: host.aws.put_logs(*place, batch), host.clock, host.pace.flush_logs
        )
        close = host.runtime.follow(container.id, log.feed)
        self._sending[asyncio.create_task(log.run())] = close

    async def end(self) -> None:
        """Wait for the last lines of containers that have ended, and for none of them forever."""
        going_on = await self._wait()
        for sending in going_on:
            self._sending[sending]()
        for sending in await self._wait() if going_on else ():
            sending.cancel()

    async def _wait(self) -> set[asyncio.Task[None]]:
        """Return which of the streams are being sent still, after a while."""
        if not self._sending:
            return set()
        _, going_on = await asyncio.wait(self._sending, timeout=self._host.pace.last_lines)
        return going_on
