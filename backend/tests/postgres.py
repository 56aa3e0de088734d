"""A real PostgreSQL in a container, for as long as the process that started it lives.

The container ends when its standard input does, and it is that of this process: also a run that
is killed leaves nothing behind.
"""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest

from .certificates import Issued

DEADLINE = 60.0  # seconds to start
PASSWORD = uuid4().hex
REPOSITORY = Path(__file__).parents[2]
OFFICIAL = "postgres:17-alpine"

# PostgreSQL is started again whenever it ends, but for the time that there is a file /tmp/away.
SCRIPT = """
printf '%s' "$TLS_KEY" >/tmp/server.key
printf '%s' "$TLS_CERTIFICATE" >/tmp/server.pem
chown postgres /tmp/server.key && chmod 600 /tmp/server.key
while :; do
  [ -e /tmp/away ] && sleep 0.05 || docker-entrypoint.sh postgres -c fsync=off -c ssl=on \
    -c ssl_cert_file=/tmp/server.pem -c ssl_key_file=/tmp/server.key
done &
cat >/dev/null
"""
STOP = "touch /tmp/away && kill -INT $(head -n 1 $PGDATA/postmaster.pid)"
RUN = ("docker", "run", "--rm", "--interactive")
GO_ON = "rm -f /tmp/away"


def image() -> str:
    """POSTGRES_IMAGE of the environment, of .env.local, or the official one."""
    local = REPOSITORY / ".env.local"
    lines = local.read_text() if local.exists() else ""
    named = re.search(r"^POSTGRES_IMAGE=(\S+)", lines, re.MULTILINE)
    return os.environ.get("POSTGRES_IMAGE") or (named.group(1) if named else OFFICIAL)


def docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"docker {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Postgres:
    """`password` is that of the superuser, postgres."""

    name: str
    port: int
    password: str = field(default=PASSWORD, repr=False)

    def url(
        self,
        database: str = "postgres",
        user: str = "postgres",
        password: str | None = None,
        host: str = "127.0.0.1",
        sslmode: str = "disable",
    ) -> str:
        encoded = quote(self.password if password is None else password, safe="")
        where = f"{quote(user, safe='')}:{encoded}@{host}:{self.port}/{quote(database, safe='')}"
        return f"postgresql://{where}?sslmode={sslmode}"

    async def run(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def stop(self) -> None:
        docker("exec", self.name, "sh", "-c", STOP)

    def go_on(self) -> None:
        docker("exec", self.name, "sh", "-c", GO_ON)

    def wait(self) -> None:
        """Until it answers a query."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                return asyncio.run(self.run("select 1"))
            except (OSError, asyncpg.PostgresError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


@contextmanager
def postgres(issued: Issued) -> Iterator[Postgres]:
    """Fails without an engine or the image: nothing here can be tested without a database."""
    name = f"shipway-backend-tests-{uuid4().hex[:12]}"
    process = start(name, issued)
    try:
        started = Postgres(name, published_port(name, process))
        started.wait()
        yield started
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait(DEADLINE)


def start(name: str, issued: Issued) -> subprocess.Popen[bytes]:
    try:
        docker("image", "inspect", image())
    except (AssertionError, OSError) as error:
        pytest.fail(f"{error}\nThese tests need a Docker engine and {image()}: run scripts/setup")
    secrets = {
        "POSTGRES_PASSWORD": PASSWORD,
        "TLS_KEY": issued.key,
        "TLS_CERTIFICATE": issued.certificate,
    }
    variables = [part for variable in secrets for part in ("--env", variable)]
    where = ("--publish", "127.0.0.1::5432", "--tmpfs", "/var/lib/postgresql/data")
    return subprocess.Popen(
        (*RUN, "--name", name, *where, *variables, "--entrypoint", "sh", image(), "-c", SCRIPT),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **secrets},
    )


def published_port(name: str, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return int(docker("port", name, "5432/tcp").splitlines()[0].rpartition(":")[2])
        except (AssertionError, IndexError):
            time.sleep(0.05)
    pytest.fail(f"the container of {image()} did not start")
