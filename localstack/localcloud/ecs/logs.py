"""The `awslogs` driver: a container's output to CloudWatch Logs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Batch = list[dict[str, Any]]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
EVENT_OVERHEAD = 26
MOST_MESSAGE = 256 * 1024 - EVENT_OVERHEAD


def stream_name(options: Mapping[str, str], container: str, task_id: str) -> str:
    """Return `prefix/container/task`, as awslogs-stream-prefix makes it."""
    prefix = options.get("awslogs-stream-prefix")
    return f"{prefix}/{container}/{task_id}" if prefix else f"{container}/{task_id}"


def batches(events: Iterable[dict[str, Any]]) -> Iterator[Batch]:
    """Split events into batches as PutLogEvents takes them, in their order."""
    batch: Batch = []
    size = 0
    for event in events:
        cost = len(event["message"].encode()) + EVENT_OVERHEAD
        if batch and (len(batch) == MOST_EVENTS or size + cost > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += cost
    if batch:
        yield batch


def split_lines(rest: bytes, chunk: bytes) -> tuple[list[str], bytes]:
    """Return the whole lines of `rest + chunk`, and what follows the last of them."""
    *lines, rest = (rest + chunk).split(b"\n")
    while len(rest) > MOST_MESSAGE:
        lines.append(rest[:MOST_MESSAGE])
        rest = rest[MOST_MESSAGE:]
    decoded = [line.decode(errors="replace").rstrip("\r") for line in lines]
    return [line for line in decoded if line], rest


class LogStream:
    """Collects one container's lines and sends them every `interval` seconds, and at its end."""

    def __init__(
        self,
        put: Callable[[Batch], None],
        clock: Callable[[], float],
        interval: float,
    ) -> None:
        self._put = put
        self._clock = clock
        self._interval = interval
        self._rest = b""
        self._events: Batch = []
        self._ended = asyncio.Event()

    def feed(self, chunk: bytes | None) -> None:
        """Take output as it comes; None says that there will be no more."""
        if chunk is None:
            chunk, last = (b"\n" if self._rest else b""), True
        else:
            last = False
        lines, self._rest = split_lines(self._rest, chunk)
        now = int(self._clock() * 1000)
        self._events += [{"timestamp": now, "message": line} for line in lines]
        if last:
            self._ended.set()

    async def run(self) -> None:
        """Send until the output has ended and all of it is sent."""
        while not self._ended.is_set():
            try:
                await asyncio.wait_for(self._ended.wait(), self._interval)
            except TimeoutError:
                await self._flush()
        await self._flush()

    async def _flush(self) -> None:
        events, self._events = self._events, []
        for batch in batches(events):
            await asyncio.to_thread(self._put, batch)
