"""The service as a process of its own, with the lines that it logs."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

TESTS = Path(__file__).parent
SERVICE = ("-m", "app")
DEADLINE = 30.0  # seconds


@dataclass(frozen=True)
class Running:
    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    folder: Path

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "out").read_text().splitlines()]

    async def exit_code(self) -> int:
        return await asyncio.wait_for(self.process.wait(), DEADLINE)


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.02)


async def until_it_answers(running: Running) -> None:
    async with asyncio.timeout(DEADLINE):
        while running.process.returncode is None:
            try:
                await running.client.get("/health")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
            else:
                return
    pytest.fail(f"exited with {running.process.returncode}: {running.logged()}")


async def start(folder: Path, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
    with (folder / "out").open("wb") as out:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env={
                **os.environ,
                "PYTHONPATH": str(TESTS.parent),
                "STARTED": str(folder / "started"),
                "RELEASE": str(folder / "release"),
                **environment,
            },
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
        )


@asynccontextmanager
async def serving(folder: Path, *arguments: str, **environment: str) -> AsyncIterator[Running]:
    port = free_port()
    process = await start(folder, *arguments, PORT=str(port), **environment)
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE, trust_env=False
        ) as client:
            running = Running(process, client, folder)
            await until_it_answers(running)
            yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def refuses_connections(client: httpx.AsyncClient) -> bool:
    address = (client.base_url.host, client.base_url.port or 0)
    try:
        socket.create_connection(address, timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False
