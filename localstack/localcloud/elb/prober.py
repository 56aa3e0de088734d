"""Checks every target that is in use, each at its group's interval."""

import asyncio

import aiohttp
from yarl import URL

from localcloud.elb.health import FAILED, MISMATCH, TIMEOUT, CheckResult, HealthCheck
from localcloud.elb.targets import Key, TargetRegistry
from localcloud.ports import Address


def check_address(check: HealthCheck, key: Key, address: Address) -> Address:
    """Return where to check a target whose traffic goes to `address`."""
    if check.port is None or check.port == key.port:
        return address
    return Address(address.host, check.port)


async def check_http(
    session: aiohttp.ClientSession, check: HealthCheck, address: Address
) -> CheckResult:
    """Ask once, by the group's path. Follows no redirect and verifies no certificate, as ELB."""
    scheme = check.protocol.lower()
    url = URL(f"{scheme}://{address.host}:{address.port}{check.path}", encoded=True)
    timeout = aiohttp.ClientTimeout(total=check.timeout)
    try:
        async with session.get(url, timeout=timeout, allow_redirects=False, ssl=False) as response:
            matched = check.matcher.matches(response.status)
            return CheckResult("" if matched else MISMATCH, response.status)
    except TimeoutError:
        return CheckResult(TIMEOUT)
    except (aiohttp.ClientError, OSError):
        return CheckResult(FAILED)


async def check_tcp(check: HealthCheck, address: Address) -> CheckResult:
    """Connect once."""
    try:
        async with asyncio.timeout(check.timeout):
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.close()
    except TimeoutError:
        return CheckResult(TIMEOUT)
    except OSError:
        return CheckResult(FAILED)
    return CheckResult()


class Prober:
    """One task for each target that `registry` wants checked. `sync` when they have changed."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[Key, Address], asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            headers={"User-Agent": "ELB-HealthChecker/2.0"},
        )

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def sync(self, registry: TargetRegistry) -> None:
        """Start the checks of new targets and end those of targets that are gone."""
        wanted = set(registry.probed())
        for gone in self._tasks.keys() - wanted:
            self._tasks.pop(gone).cancel()
        for key, address in wanted - self._tasks.keys():
            task = asyncio.create_task(self._probe(registry, key, address))
            self._tasks[key, address] = task

    async def _probe(self, registry: TargetRegistry, key: Key, address: Address) -> None:
        while group := registry.group(key.group):
            started = asyncio.get_running_loop().time()
            result = await self._check(group.check, check_address(group.check, key, address))
            registry.observe(key, address, result)
            spent = asyncio.get_running_loop().time() - started
            await asyncio.sleep(max(0, group.check.interval - spent))

    async def _check(self, check: HealthCheck, address: Address) -> CheckResult:
        if check.protocol in ("HTTP", "HTTPS") and self._session:
            return await check_http(self._session, check, address)
        return await check_tcp(check, address)
