"""Requests at a steady rate while something changes: who answered, and what failed."""

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp


@dataclass
class Traffic:
    """Sends `rate` requests a second to `url` from entering to leaving the `with` block.

    Each request has a connection of its own, so that no client's retry hides a failure.
    `answers` counts the values of the reply's `key`; `failures` holds everything that was no 200.
    """

    url: str
    key: str = "version"
    rate: float = 50.0
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(60)

    @property
    def sent(self) -> int:
        return sum(self.answers.values()) + len(self.failures)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=30)
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
            asyncio.TaskGroup() as group,
        ):
            due = time.monotonic()
            while not self._stop.is_set():
                group.create_task(self._request(session))
                due += 1 / self.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _request(self, session: aiohttp.ClientSession) -> None:
        try:
            async with session.get(self.url) as reply:
                text = await reply.text()
                if reply.status != 200:
                    self.failures.append(f"{reply.status} {text[:200]}")
                    return
                answer = str((await reply.json(content_type=None)).get(self.key))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.failures.append(repr(error))
            return
        self.answers[answer] += 1
        if not self.order or self.order[-1] != answer:
            self.order.append(answer)
