"""The body of a request on its way to a target."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web


class Upload:
    """What a client sends, as it comes. `idle` is how long it may pause, in seconds.

    `stalled` tells that it paused longer, which is answered with 408:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-408-issues
    """

    def __init__(self, request: web.Request, idle: float) -> None:
        self._content = request.content
        self.idle = idle
        self.stalled = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body. Raises TimeoutError if it stalls."""
        while chunk := await self._next():
            yield chunk

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self.idle):
                return await self._content.readany()
        except TimeoutError:
            self.stalled = True
            raise
