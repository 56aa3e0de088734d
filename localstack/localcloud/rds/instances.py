"""The instances and their way from one state to another. All of it lives in the engine's loop."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from localcloud.rds.model import Instance, Status
from localcloud.rds.runtime import ServerError, Servers
from localcloud.rds.statements import LOG_IN, PASSWORD, READY, RUN, SET_UP, configuration

_LOG = logging.getLogger(__name__)
_START_SECONDS = 120.0  # a busy machine, or a recovery after a kill
_POLL_SECONDS = 0.25
# AWS takes a minute. Long enough to be seen, and to be waited for.
_CHANGE_SECONDS = 0.5


class Instances:
    """Every DB instance of one local cloud.

    `parameters` returns what the parameter group of an instance sets; it may block.
    """

    def __init__(self, servers: Servers, parameters: Callable[[Instance], dict[str, str]]) -> None:
        self._servers = servers
        self._parameters = parameters
        self._known: dict[tuple[str, str], Instance] = {}
        self._work: dict[tuple[str, str], asyncio.Task[None]] = {}

    def of(self, region: str) -> list[Instance]:
        return [one for (where, _), one in self._known.items() if where == region]

    def all(self) -> list[Instance]:
        return list(self._known.values())

    def find(self, region: str, identifier: str) -> Instance | None:
        return self._known.get((region, identifier.lower()))

    async def check_image(self, instance: Instance) -> None:
        """Raise ServerError unless the instance's image is there."""
        await asyncio.to_thread(self._servers.check_image, instance)

    async def look(self, instance: Instance) -> None:
        """Find out whether the server of an available instance still runs."""
        if instance.status is not Status.AVAILABLE:
            return
        with contextlib.suppress(ServerError):
            running = await asyncio.to_thread(self._servers.address, instance.container)
            if not running and instance.status is Status.AVAILABLE:
                instance.status, instance.reason = Status.STOPPED, "its container does not run"

    # --- what can be asked for; each returns at once, and the state tells when it is done

    def create(self, instance: Instance, password: str) -> None:
        self._known[instance.region, instance.identifier] = instance
        self._begin(instance, Status.CREATING, self._create(instance, password))

    def modify(self, instance: Instance, password: str) -> None:
        self._begin(instance, Status.MODIFYING, self._modify(instance, password))

    def reboot(self, instance: Instance) -> None:
        self._begin(instance, Status.REBOOTING, self._reboot(instance))

    def stop(self, instance: Instance) -> None:
        self._begin(instance, Status.STOPPING, self._stop(instance))

    def start(self, instance: Instance) -> None:
        self._begin(instance, Status.STARTING, self._start(instance))

    def delete(self, instance: Instance) -> None:
        self._begin(instance, Status.DELETING, self._delete(instance))

    async def configure(self, instance: Instance) -> None:
        """Give a running server the parameters of its group; static ones wait for a reboot."""
        if instance.status is Status.AVAILABLE:
            with contextlib.suppress(ServerError):
                await self._configure(instance)

    async def forget(self) -> None:
        """Delete every instance, whatever it does, and wait until they are gone."""
        for one in self.all():
            if one.status is not Status.DELETING:
                self.delete(one)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is done to any instance."""
        await asyncio.gather(*self._work.values(), return_exceptions=True)

    async def close(self, *, gently: bool) -> None:
        """Do nothing more; the containers go with the local cloud's others.

        `gently` shuts the servers down first: rows that are kept need no recovery then.
        """
        working = list(self._work.values())
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        if gently:
            servers = [one.container for one in self.all() if one.container]
            stopping = (asyncio.to_thread(self._servers.stop, server) for server in servers)
            await asyncio.gather(*stopping, return_exceptions=True)

    # --- how it is done

    def _begin(self, instance: Instance, status: Status, work: Coroutine[Any, Any, None]) -> None:
        key = (instance.region, instance.identifier)
        earlier = self._work.get(key)
        instance.status, instance.reason = status, ""
        task = asyncio.create_task(self._carry_out(instance, earlier, work))
        self._work[key] = task

    async def _carry_out(
        self,
        instance: Instance,
        earlier: "asyncio.Task[None] | None",
        work: Coroutine[Any, Any, None],
    ) -> None:
        if earlier and not earlier.done():  # only a deletion comes while something is under way
            await asyncio.wait([earlier])
            instance.status = Status.DELETING
        try:
            await work
        except ServerError as error:
            instance.status, instance.reason = Status.FAILED, str(error)
            _LOG.error("database %s: %s", instance.identifier, error)
        except Exception:  # noqa: BLE001 - nobody waits for this task: the state has to tell
            instance.status, instance.reason = Status.FAILED, "a fault of the local cloud"
            _LOG.exception("database %s", instance.identifier)

    async def _create(self, instance: Instance, password: str) -> None:
        secret = secrets.token_urlsafe(24)
        instance.container = await asyncio.to_thread(self._servers.create, instance, secret)
        await self._run(instance)
        await self._script(instance, SET_UP, password)
        if await self._configure(instance):
            await self._restart(instance)
        await self._log_in(instance, password)
        instance.status = Status.AVAILABLE

    async def _modify(self, instance: Instance, password: str) -> None:
        await asyncio.sleep(_CHANGE_SECONDS)
        if password:
            await self._script(instance, PASSWORD, password)
        instance.status = Status.AVAILABLE

    async def _reboot(self, instance: Instance) -> None:
        instance.attributes |= instance.pending
        instance.pending.clear()
        if await self._address(instance):
            await self._configure(instance)
        await self._restart(instance)
        for group in instance.attributes["DBParameterGroups"]:
            group["ParameterApplyStatus"] = "in-sync"
        instance.status = Status.AVAILABLE

    async def _stop(self, instance: Instance) -> None:
        await asyncio.to_thread(self._servers.stop, instance.container)
        instance.status = Status.STOPPED

    async def _start(self, instance: Instance) -> None:
        await self._run(instance)
        instance.status = Status.AVAILABLE

    async def _delete(self, instance: Instance) -> None:
        await asyncio.to_thread(self._servers.remove, instance)
        key = (instance.region, instance.identifier)
        del self._known[key]
        self._work.pop(key, None)

    async def _restart(self, instance: Instance) -> None:
        await asyncio.to_thread(self._servers.stop, instance.container)
        await self._run(instance)

    async def _run(self, instance: Instance) -> None:
        """Start the container, and wait until PostgreSQL answers a query."""
        servers, container = self._servers, instance.container
        await asyncio.to_thread(servers.start, container)
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if not await self._address(instance):
                break
            with contextlib.suppress(ServerError):  # it may end at this moment
                code, said = await asyncio.to_thread(servers.execute, container, READY, {})
                if code == 0:
                    instance.version = said.split()[0]
                    return
            await asyncio.sleep(_POLL_SECONDS)
        tail = await asyncio.to_thread(servers.tail, container)
        raise ServerError(f"PostgreSQL does not answer; its last lines:\n{tail}")

    async def _address(self, instance: Instance) -> str:
        return await asyncio.to_thread(self._servers.address, instance.container)

    async def _configure(self, instance: Instance) -> bool:
        """Set the parameters of the instance's group; return whether there are any."""
        parameters = await asyncio.to_thread(self._parameters, instance)
        await self._script(instance, configuration(parameters))
        return bool(parameters)

    async def _script(self, instance: Instance, script: str, password: str = "") -> None:
        environment = {**_names(instance), "PASSWORD": password, "SCRIPT": script}
        await self._execute(instance, RUN, environment)

    async def _log_in(self, instance: Instance, password: str) -> None:
        address = await self._address(instance)
        environment = {**_names(instance), "PGPASSWORD": password, "ADDRESS": address}
        await self._execute(instance, LOG_IN, environment)

    async def _execute(
        self, instance: Instance, argv: tuple[str, ...], environment: dict[str, str]
    ) -> None:
        run = self._servers.execute
        code, said = await asyncio.to_thread(run, instance.container, argv, environment)
        if code:
            raise ServerError(f"PostgreSQL refuses what it was told: {said}")


def _names(instance: Instance) -> dict[str, str]:
    return {"MASTER": instance.user, "DATABASE": instance.database}
