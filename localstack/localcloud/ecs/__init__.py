"""ECS with real containers: what the API says of a task is what Docker says of it."""

import time
from collections.abc import Callable

from docker import DockerClient

from localcloud.ecs.api import EcsApi
from localcloud.ecs.aws import Aws
from localcloud.ecs.context import Context
from localcloud.ecs.engine import Engine
from localcloud.ecs.model import Pace
from localcloud.ecs.names import Names
from localcloud.ecs.runtime import DockerRuntime
from localcloud.ecs.store import Store
from localcloud.ports import Targets
from localcloud.settings import Settings

__all__ = ["EcsApi", "Pace", "create"]


def create(
    targets: Targets,
    docker: DockerClient | None,
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    pace: Pace | None = None,
) -> EcsApi:
    """Make an ECS that is not running yet: `start` and `stop` it in the engine's loop.

    Without `docker` (None) it looks for the engine whenever a task starts; a task that finds none
    fails and says so. Call this in the loop that will run it.
    """
    pace = pace or Pace()
    store, aws = Store(Names(settings)), Aws(settings)
    runtime = DockerRuntime(settings, docker)
    engine = Engine(store, runtime, targets, aws, pace=pace, clock=clock)
    return EcsApi(Context(store, engine, aws, clock), runtime)
