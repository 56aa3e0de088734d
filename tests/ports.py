"""Ports for what a test starts later, or in another process.

A port that the kernel chose and that was closed again may be the local end of any connection by the
time it is used. So these are below the range that Linux takes such ports from
(`ip_local_port_range`, 32768 and up: ip(7)), and a lock keeps each for this process until it ends,
whatever the tests beside it look for.
"""

import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

_FIRST, _END = 20000, 32000
_given: set[int] = set()


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on, and no other test gets."""
    return free_range(1)


def free_range(length: int = 20) -> int:
    """Return the first of `length` such ports in a row."""
    while True:
        first = random.randrange(_FIRST, _END - length + 1)  # noqa: S311
        taken = [port for port in range(first, first + length) if _take(port)]
        if len(taken) == length:
            return first
        _give_back(taken)


@cache
def _locks() -> IO[str]:
    """The file of which each process locks a byte for each port; its end lets them go."""
    return (Path(tempfile.gettempdir()) / f"shipway-test-ports-{os.getuid()}").open("w")


def _take(port: int) -> bool:
    """Lock the port, and tell whether it can be listened on."""
    if port in _given:
        return False
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:  # another process has the lock or the port
        return False
    _given.add(port)
    return True


def _give_back(ports: list[int]) -> None:
    for port in ports:
        fcntl.lockf(_locks(), fcntl.LOCK_UN, 1, port)
        _given.remove(port)
