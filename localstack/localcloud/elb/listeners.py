"""Gives every listener a loopback port of its own."""

import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from localcloud.elb.model import Listener
from localcloud.elb.proxy import unadorned

Handle = Callable[[str, int, web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FIRST_UNPRIVILEGED = 1024
_LAST = 65535
_HEADER_LINE = (
    16 * 1024
)  # bytes; https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html


def candidates(declared: int, base: int) -> list[int]:
    """Return the ports to try for a listener that declares `declared`, the best one first."""
    own = [declared] if declared >= _FIRST_UNPRIVILEGED else []
    return own + [port for port in range(base, _LAST + 1) if port != declared]


def bind(port: int) -> list[socket.socket] | None:
    """Listen on `port` of 127.0.0.1 and, where there is IPv6, of ::1; None if either is taken.

    Both, because `localhost` may be either.
    """
    bound: list[socket.socket] = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            bound.append(_listen(family, host, port))
        except OSError as error:
            if family is socket.AF_INET or error.errno == errno.EADDRINUSE:
                for earlier in bound:
                    earlier.close()
                return None
    return bound


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
        listening.settimeout(0)
        stack.pop_all()
        return listening


async def serve(
    sockets: Iterable[socket.socket], answer: Answer, header_line: int
) -> web.AppRunner:
    """Answer every request that comes to `sockets`, untouched; `cleanup()` ends it.

    A header, and the request line, may have `header_line` bytes. `answer` is cancelled when its
    client goes away.
    """
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    app.on_response_prepare.append(unadorned)
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        handler_cancellation=True,
        shutdown_timeout=2,
        max_line_size=header_line,
        max_field_size=header_line,
    )
    await runner.setup()
    for bound in sockets:
        await web.SockSite(runner, bound).start()
    return runner


@dataclass(frozen=True)
class Site:
    """An open listener and the port on which it really listens."""

    port: int
    runner: web.AppRunner


class Sites:
    """The open listeners, by ARN. `base` is the first port to try for a privileged one.

    An HTTPS listener speaks plain HTTP here: nobody would trust a certificate for localhost.
    """

    def __init__(self, handle: Handle, base: int) -> None:
        self._handle = handle
        self._base = base
        self._open: dict[str, Site] = {}

    def ports(self) -> dict[str, int]:
        """Return the real port of each open listener, by ARN."""
        return {arn: site.port for arn, site in self._open.items()}

    async def sync(self, listeners: Mapping[str, Listener]) -> None:
        """Open and close ports so that exactly `listeners` are open."""
        for arn in self._open.keys() - listeners.keys():
            await self._open.pop(arn).runner.cleanup()
        for arn, listener in listeners.items():
            if arn not in self._open:
                self._open[arn] = await self._start(listener)

    async def close(self) -> None:
        await self.sync({})

    async def _start(self, listener: Listener) -> Site:
        port, sockets = self._reserve(listener.port)
        answer = partial(self._handle, listener.arn, port)
        return Site(port, await serve(sockets, answer, _HEADER_LINE))

    def _reserve(self, declared: int) -> tuple[int, list[socket.socket]]:
        for port in candidates(declared, self._base):
            if sockets := bind(port):
                return port, sockets
        raise OSError(errno.EADDRINUSE, f"no free port from {self._base} up")
