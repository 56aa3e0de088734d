"""The service with two more routes, served as `python -m app` serves it.

/slow writes the file STARTED, and answers when there is a file RELEASE. /torn breaks in the
middle of its answer.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi.responses import StreamingResponse

from app.__main__ import stop
from app.main import create_app
from app.server import serve
from app.settings import Settings


async def slow() -> str:
    started, release = Path(os.environ["STARTED"]), Path(os.environ["RELEASE"])
    started.touch()  # noqa: ASYNC240 - a test's own file
    while not release.exists():  # noqa: ASYNC240 - made by another process
        await asyncio.sleep(0.01)
    return "finished"


async def halves() -> AsyncIterator[str]:
    yield "one half"
    raise ZeroDivisionError


async def torn() -> StreamingResponse:
    return StreamingResponse(halves())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    settings = Settings.from_environment(os.environ)
    app = create_app(settings)
    app.get("/slow")(slow)
    app.get("/torn")(torn)
    serve(app, settings)
