"""The hashes of the last scan: a file that has not changed since is not read again.

As in git's index a file counts as unchanged while its size, its inode, the time of its last
modification and that of its last change of status are what they were. No tool sets the latter back:
an edit that keeps size and time of modification shows by it. (Who sets the machine's clock back for
that can hide an edit; without `.shipway/sites` every file is read again.)

A file that changed as late as the scan that read it is not remembered, because a still later change
could have the same time. Git calls that racily clean: https://git-scm.com/docs/racy-git

A file that was only touched is read, but its SHA-256 need not be made again: XXH3 tells in a sixth
of the time that the content is the same. It withstands no attack. Who can choose what a build makes
before and after an edit, to hide that edit, can publish what he likes anyway.

The cache is a list of records in key order: which folder it is of, then for each file
`SHA-256 XXH3 size:modified:changed:inode key`, times in nanoseconds; each ends in NUL, which no key
has. Behind the last one is the SHA-256 (hex) of all that. A cache that is damaged, or of another
folder or format, counts as none.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, NamedTuple

FORMAT = 2  # raised when another hash of the same file is wanted
BLOCK = 1 << 17  # bytes that are read at a time
HELD = 500  # records that are written at a time
DIGEST = 2 * hashlib.sha256().digest_size


class Content(NamedTuple):
    """What is in a file: its SHA-256, and its XXH3 of 128 bits, both in hex; "" if not known."""

    sha256: str = ""
    xxh3: str = ""


class Known(NamedTuple):
    """What is remembered of a file: its content when its status was `status`, as `told` says it.

    `record` is all of that, as it is kept.
    """

    record: str = ""
    content: Content = Content()
    status: str = ""


NOTHING = Known()


class Hashes:
    """What one scan knows and learns. `started` is in nanoseconds, by the clock of the disk."""

    def __init__(self, old: Iterator[tuple[str, Known]], new: IO[bytes] | None, head: str) -> None:
        self.started = os.fstat(new.fileno()).st_ctime_ns if new else 0
        self.changed = False
        self._old, self._new = old, new
        self._held = [head]
        self._digest = hashlib.sha256()

    def known(self, keys: Iterable[str]) -> Iterator[tuple[str, Known]]:
        """Yield each of the sorted `keys`, and what is remembered of it."""
        old = next(self._old, None)
        for key in keys:
            while old and old[0] < key:
                old = self._gone()
            if old and old[0] == key:
                yield old
                old = next(self._old, None)
            else:
                yield key, NOTHING
        while old:
            old = self._gone()

    def _gone(self) -> tuple[str, Known] | None:
        self.changed = True
        return next(self._old, None)

    def keep(self, before: Known, record: str) -> None:
        """Remember `record` of a file, instead of `before`. "" is nothing."""
        if before.record != record:
            self.changed = True
        if record:
            self._held.append(record)
        if len(self._held) >= HELD:
            with suppress(OSError):  # a full disk: then the cache is not whole, and counts as none
                self._write()

    def _write(self) -> None:
        data = "\0".join([*self._held, ""]).encode("utf-8", "surrogateescape")
        self._held.clear()
        self._digest.update(data)
        if self._new:
            self._new.write(data)

    def end(self) -> None:
        """Write what is left, and what proves it whole."""
        self._write()
        if self._new:
            self._new.write(self._digest.hexdigest().encode())
            self._new.flush()


def told(status: os.stat_result) -> str:
    """Return what tells that a file has not changed."""
    times = f"{status.st_mtime_ns}:{status.st_ctime_ns}"
    return f"{status.st_size}:{times}:{status.st_ino}"


def record(key: str, content: Content, status: str) -> str:
    """Return what is to be remembered of a file; `status` is what `told` says."""
    return f"{content.sha256} {content.xxh3} {status} {key}"


def memory(state: Path, site: str, part: str = "") -> Path:
    """Return the file of the hashes of a site, or of a part of it.

    `state` is the project's `.shipway` folder.
    """
    return state / "sites" / f"{site}{part}.hashes"


@contextmanager
def hashes(path: Path | None, folder: Path) -> Iterator[Hashes]:
    """Yield the hashes of the last scan of `folder`, kept in the file `path`.

    That is written at the end, if anything has changed and nothing was raised. Without a path, or
    if it can't be written or is on another disk, whose clock may differ, nothing is remembered.
    """
    head = f"shipway {FORMAT} {folder}"
    new = _beside(path, folder) if path else None
    if path is None or new is None:
        yield Hashes(iter(()), None, head)
        return
    try:
        with new:
            found = Hashes(_records(path, head), new, head)
            yield found
            if found.changed:
                with suppress(OSError):
                    found.end()
                    Path(new.name).replace(path)
    finally:
        Path(new.name).unlink(missing_ok=True)


def _beside(path: Path, folder: Path) -> IO[bytes] | None:
    """Return a new file in the same folder as `path`."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.stat().st_dev == folder.stat().st_dev:
            return NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False)
    return None


def _records(path: Path, head: str) -> Iterator[tuple[str, Known]]:
    """Yield key and what is remembered of it, in key order; nothing of a cache that is no good."""
    with suppress(OSError), path.open("rb") as file:
        if not _is_whole(file):
            return
        file.seek(0)
        records = _split(file)
        if next(records, "") != head:
            return
        for one in records:
            sha256, xxh3, status, key = one.split(" ", 3)
            yield key, Known(one, Content(sha256, xxh3), status)


def _is_whole(file: IO[bytes]) -> bool:
    left, digest = os.fstat(file.fileno()).st_size - DIGEST, hashlib.sha256()
    while left > 0 and (block := file.read(min(left, BLOCK))):
        digest.update(block)
        left -= len(block)
    return file.read() == digest.hexdigest().encode()


def _split(file: IO[bytes]) -> Iterator[str]:
    rest = b""
    while block := file.read(BLOCK):
        whole, ended, rest = (rest + block).rpartition(b"\0")
        if ended:
            yield from whole.decode("utf-8", "surrogateescape").split("\0")
