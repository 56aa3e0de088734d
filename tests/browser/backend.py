"""The sample service as a process of its own, on a database or on none."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

BACKEND = Path(__file__).parents[2] / "backend"
DEADLINE = 30.0  # seconds to start


def migrate(database_url: str) -> None:
    """Bring the database to the newest revision."""
    subprocess.run(
        (sys.executable, "-m", "alembic", "upgrade", "head"),
        cwd=BACKEND,
        env={**os.environ, "DATABASE_URL": database_url},
        check=True,
        capture_output=True,
    )


@contextmanager
def backend(database_url: str = "", port: int = 0) -> Iterator[int]:
    """Serve for as long as the block takes; yields the port, a free one unless it is given."""
    port = port or free_port()
    environment = {"HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "error"}
    process = subprocess.Popen(
        (sys.executable, "-m", "app"),
        cwd=BACKEND,
        env={**os.environ, **environment, "DATABASE_URL": database_url},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_up(port, "/health/db" if database_url else "/health")
        yield port
    finally:
        process.terminate()
        process.wait(DEADLINE)


def wait_until_up(port: int, path: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
