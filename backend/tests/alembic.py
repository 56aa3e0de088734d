"""Alembic's command line, as the image runs it for a migration."""

import os
import subprocess
import sys
from pathlib import Path

BACKEND = Path(__file__).parents[1]


def argv(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "alembic", *arguments)


def environment(url: str | None, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, **({"DATABASE_URL": url} if url else {}), **more}


def alembic(url: str | None, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Its exit code and output; `more` are environment variables."""
    return subprocess.run(
        argv(*arguments),
        check=False,
        cwd=BACKEND,
        env=environment(url, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )
