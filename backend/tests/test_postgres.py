"""The tests' own database leaves nothing behind, however a run ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from .conftest import DEADLINE
from .postgres import docker

REPOSITORY = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from backend.tests.certificates import Issued
from backend.tests.postgres import published_port, start
published_port(sys.argv[1], start(sys.argv[1], Issued("", "")))
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_a_run_that_is_killed_leaves_no_container() -> None:
    name = f"shipway-backend-tests-killed-{os.getpid()}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, name, cwd=REPOSITORY
    )
    assert await asyncio.wait_for(process.wait(), DEADLINE) == -signal.SIGKILL
    async with asyncio.timeout(DEADLINE):
        while docker("ps", "--all", "--quiet", "--filter", f"name={name}"):
            await asyncio.sleep(0.1)
