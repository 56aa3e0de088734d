"""A task's places in the target groups of its service.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html
"""

from collections.abc import Mapping

from localcloud.ecs.host import Host
from localcloud.ecs.model import TargetKey, Task
from localcloud.ports import Address, TargetState


class Membership:
    """Registers one task's ports by its private address, and takes them out again."""

    def __init__(self, task: Task, host: Host) -> None:
        self._task = task
        self._host = host
        self._leaving: list[TargetKey] = []

    def join(self, ports: Mapping[int, int]) -> None:
        """Register the task; `ports` are the ports on 127.0.0.1 that lead to its own."""
        task, host = self._task, self._host
        for key in task.target_keys:
            address = Address("127.0.0.1", ports[key.port])
            host.targets.register(key.group_arn, task.address, key.port, address)
            host.owners[key.group_arn, task.address, key.port] = task.id
            task.target_states[key] = (TargetState.INITIAL, "Elb.RegistrationInProgress")
            host.note(task, f"registered 1 targets in (target-group {key.group_arn})")

    def leave(self) -> None:
        """Deregister the task where it still is registered."""
        task, host = self._task, self._host
        self._leaving = [key for key in task.target_states if self._disown(key)]
        task.target_states.clear()
        for key in self._leaving:
            host.targets.deregister(key.group_arn, task.address, key.port)
            host.note(task, f"deregistered 1 targets in (target-group {key.group_arn})")
        if self._leaving:
            host.note(task, "has begun draining connections on 1 tasks.")

    def _disown(self, key: TargetKey) -> bool:
        """Whether the target is still this task's; from now on it is nobody's."""
        where = (key.group_arn, self._task.address, key.port)
        mine = self._host.owners.get(where) == self._task.id
        if mine:
            del self._host.owners[where]
        return mine

    def drained(self) -> bool:
        """Whether every target has finished its requests."""
        address = self._task.address
        return all(
            self._host.targets.drained(key.group_arn, address, key.port) for key in self._leaving
        )
