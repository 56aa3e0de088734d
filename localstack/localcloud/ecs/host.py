"""What a running task finds around it."""

from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from localcloud.ecs.logs import Batch
from localcloud.ecs.model import Pace, Task
from localcloud.ecs.runtime import Runtime
from localcloud.ports import Targets
from localcloud.settings import Settings

# Fargate starts each task on a machine of its own. Here all share one, and many at once would keep
# each other from answering until their health checks have failed: so many containers start, and so
# many tasks come up, side by side; the others are PENDING meanwhile.
STARTS_AT_ONCE = 2
COMING_UP_AT_ONCE = 8


class Surroundings(Protocol):
    """The secrets and logs that a task needs (`localcloud.ecs.aws.Aws`)."""

    def secret(self, value_from: str) -> str: ...
    def open_stream(self, options: dict[str, str], container: str, task_id: str) -> str: ...
    def put_logs(self, group: str, stream: str, batch: Batch) -> None: ...


@dataclass(frozen=True)
class Host:
    """Where tasks run. `tell` says that a task has changed, `note` writes a service event."""

    runtime: Runtime
    targets: Targets
    aws: Surroundings
    settings: Settings
    pace: Pace
    clock: Callable[[], float]
    tell: Callable[[], None]
    note: Callable[[Task, str], None]
    owners: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """The task of each registered target: Docker gives a dead container's address anew at once."""
    starting: Semaphore = field(default_factory=lambda: Semaphore(STARTS_AT_ONCE))
    coming_up: Semaphore = field(default_factory=lambda: Semaphore(COMING_UP_AT_ONCE))
