"""Who listens on a port of this machine, by name."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deploy import process
from deploy.errors import ShipwayError

PROC = Path("/proc")
TABLES = ("net/tcp", "net/tcp6")
LISTEN = "0A"  # TCP_LISTEN of the kernel's include/net/tcp_states.h
LOCAL, STATE, INODE = 1, 3, 9  # columns of proc_net_tcp(5)


def listener(port: int, proc: Path = PROC) -> str:
    """Return the program that listens on `port`, such as "python3 (process 4711)".

    Empty if it can't be told: the process is another user's, or in a container's own network.
    """
    if not (proc / TABLES[0]).exists():
        return _by_lsof(port)
    wanted = {f"socket:[{inode}]" for table in TABLES for inode in _inodes(proc / table, port)}
    for folder in proc.glob("[0-9]*"):
        if wanted & set(_sockets(folder)):
            return _named(folder)
    return ""


def _inodes(table: Path, port: int) -> Iterator[str]:
    with suppress(OSError):
        for line in table.read_text().splitlines()[1:]:
            words = line.split()
            if words[STATE] == LISTEN and int(words[LOCAL].rpartition(":")[2], 16) == port:
                yield words[INODE]


def _sockets(folder: Path) -> Iterator[str]:
    with suppress(OSError):  # it has ended, or is another user's
        for descriptor in (folder / "fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink())


def _named(folder: Path) -> str:
    try:
        name = (folder / "comm").read_text().strip()
        words = (folder / "cmdline").read_text().split("\0")
    except OSError:
        return ""
    return f"{'another local cloud' if 'localcloud' in words else name} (process {folder.name})"


def _by_lsof(port: int) -> str:
    """For systems without /proc, such as macOS. Fields as `man lsof` has them under OUTPUT."""
    argv = ("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc")
    try:
        fields = {line[:1]: line[1:] for line in process.output(argv).splitlines() if line}
    except ShipwayError:
        return ""
    return f"{fields.get('c', '?')} (process {fields.get('p', '?')})" if fields else ""
