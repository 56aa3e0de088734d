"""The ECS API: action name -> handler, with the checks that every action has."""

import re
from collections.abc import Awaitable, Callable

from localcloud import wire
from localcloud.ecs import (
    api_clusters,
    api_definitions,
    api_deployments,
    api_services,
    api_tags,
    api_tasks,
)
from localcloud.ecs.context import Context, Json
from localcloud.ecs.runtime import DockerRuntime
from localcloud.wire import ApiError

Handler = Callable[[Context, Json], Awaitable[Json]]

_MODULES = (api_clusters, api_definitions, api_deployments, api_services, api_tags, api_tasks)


async def execute_command(context: Context, body: Json) -> Json:  # noqa: ARG001 - a handler
    """There is no SSM agent here; `docker exec` does what a session would."""
    raise ApiError(
        "UnsupportedFeatureException",
        "The local cloud has no ECS Exec. Use `docker exec` with the container's runtimeId.",
    )


def _action(function_name: str) -> str:
    return "".join(part.title() for part in function_name.split("_"))


def _handlers() -> dict[str, Handler]:
    names = (
        (name, getattr(module, name))
        for module in _MODULES
        for name in vars(module)
        if re.match(
            r"(create|describe|list|delete|update|put|register|deregister|run|stop|tag|untag)_",
            name,
        )
    )
    return {_action(name): handler for name, handler in names} | {"ExecuteCommand": execute_command}


HANDLERS = _handlers()


class EcsApi:
    """Answers ECS calls. `actions` names those that are answered here."""

    actions = frozenset(HANDLERS)

    def __init__(self, context: Context, runtime: DockerRuntime) -> None:
        self._context = context
        self._runtime = runtime

    async def start(self) -> None:
        """Begin to run services, in the running loop."""
        self._runtime.watch(self._context.engine.on_docker)
        self._context.engine.start()

    async def stop(self) -> None:
        """Stop all tasks and remove their containers."""
        await self._context.engine.stop()
        await self._runtime.close()

    async def call(self, action: str, body: Json) -> Json:
        """Answer one call. Raises ApiError."""
        handler = HANDLERS.get(action)
        if handler is None:
            raise ApiError("UnknownOperationException", f"Unknown operation {action}")
        wire.validate("ecs", action, body)
        return await handler(self._context, body)
