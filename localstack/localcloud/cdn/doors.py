"""Gives every enabled distribution a loopback port of its own."""

import errno
import socket
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import chain

from aiohttp import web

from localcloud.cdn.viewers import Handle
from localcloud.elb.listeners import bind, serve

_LAST = 65535
_HEADER_LINE = (
    32 * 1024
)  # bytes; https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html


class Doors:
    """The open ports, by distribution. `base` is the first one for those that ask for none.

    A distribution keeps its port as long as the cloud runs, also while it is disabled.
    """

    def __init__(self, handle: Handle, base: int) -> None:
        self._handle = handle
        self._base = base
        self._open: dict[str, web.AppRunner] = {}
        self._ports: dict[str, int] = {}

    def ports(self) -> dict[str, int]:
        """Return the port of each open distribution, by its id."""
        return {key: self._ports[key] for key in self._open}

    async def sync(self, enabled: Mapping[str, int], known: Iterable[str]) -> None:
        """Open and close ports so that exactly `enabled` are open; forget who is not `known`.

        `enabled` maps a distribution to the port that it asks for, 0 for any. It gets another one
        if that is taken.
        """
        for key in self._open.keys() - enabled.keys():
            await self._open.pop(key).cleanup()
        for key in self._ports.keys() - set(known):
            del self._ports[key]
        for key, asked in sorted(enabled.items(), key=lambda item: not item[1]):  # askers first
            if key not in self._open:
                self._open[key] = await self._start(key, asked)

    async def _start(self, key: str, asked: int) -> web.AppRunner:
        sockets = self._reserve(key, asked)
        return await serve(sockets, partial(self._handle, key), _HEADER_LINE)

    def _reserve(self, key: str, asked: int) -> list[socket.socket]:
        kept = set(self._ports.values())
        best = (port for port in (self._ports.get(key, 0), asked) if port)
        free = (port for port in range(self._base, _LAST + 1) if port not in kept)
        for port in chain(best, free):
            if sockets := bind(port):
                self._ports[key] = port
                return sockets
        raise OSError(errno.EADDRINUSE, f"no free port from {self._base} up")
