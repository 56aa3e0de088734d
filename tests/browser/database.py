"""A real PostgreSQL in a container."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from deploy.errors import ToolError
from deploy.process import run
from scripts.machine import dotenv
from tests.ports import free_port

OFFICIAL = "postgres:17-alpine"
LOCAL = Path(__file__).parents[2] / ".env.local"
DEADLINE = 60.0  # seconds to start


@dataclass(frozen=True)
class Database:
    """Its container's name, and its port on this machine."""

    name: str
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.name}@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def stop(self) -> None:
        docker("stop", "--time", "5", self.name)

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers by TCP."""
        docker("start", self.name)
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                docker("exec", self.name, "pg_isready", "--quiet", "--host=127.0.0.1")
            except ToolError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


@contextmanager
def database() -> Iterator[Database]:
    """An empty one, for as long as the block takes."""
    made = Database(f"shipway-browser-tests-{uuid4().hex[:12]}", free_port())
    publish = ("--publish", f"127.0.0.1:{made.port}:5432")
    password = ("--env", f"POSTGRES_PASSWORD={made.name}")
    docker("create", "--name", made.name, *publish, *password, image())
    try:
        made.start()
        yield made
    finally:
        docker("rm", "--force", "--volumes", made.name)


def image() -> str:
    texts = [LOCAL.read_text()] if LOCAL.is_file() else []
    return dotenv.setting("POSTGRES_IMAGE", os.environ, texts) or OFFICIAL


def docker(*arguments: str) -> None:
    run(("docker", *arguments), timeout=DEADLINE)
