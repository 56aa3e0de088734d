"""Reads the built site: every file with its hash and headers, in the order in which S3 lists."""

import hashlib
import os
import shutil
import stat
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from gzip import GzipFile
from io import BytesIO
from itertools import islice
from pathlib import Path

from deploy.config.model import Site
from deploy.errors import PreflightError
from deploy.site import known
from deploy.site.headers import compresses_here, headers, headers_for
from deploy.site.manifest import OWN_PREFIX, File

IN_MEMORY = 1 << 20  # bytes: bodies up to this size are handed on as bytes, others are streamed
LARGEST = 5_000_000_000  # bytes that one PUT takes, S3's 5 GB
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
LONGEST_KEY = 1024  # bytes of UTF-8
SAVING = 0.9  # compressed is stored what is at most this part of the file
LEVEL = 6  # of gzip
# Two threads read and hash while the caller compares, or waits for the bucket's list. Of 100,000
# small files that are in the page cache more threads were no faster, and took more of the CPU; a
# batch keeps the cost of handing files over small.
WORKERS = 2
BATCH = 64  # files

# A link is looked at before it is followed, and a pipe must not make the scan wait.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


# A file, what was remembered of it (see `known`), and what is to be from now on.
_Scanned = tuple[File, str, str]


def scan(site: Site, memory: Path | None = None) -> Iterator[File]:
    """Yield every file below the site's output folder, sorted by the UTF-8 bytes of its key.

    `memory` is a file that keeps hashes from one scan to the next: a file that has not changed is
    not read again.

    Streaming: at any time only the names of the folders being read are in memory, and the files of
    a few batches. Raises PreflightError, also in mid-iteration, if the folder is missing, or a file
    cannot be read, is a broken link or one that leaves the folder, has a name that S3 cannot hold,
    is over 5 GB, or changes meanwhile.
    """
    if not site.output.is_dir():
        raise PreflightError(
            f"the build's folder {site.output} is missing",
            remedy=f"run `{' '.join(site.build)}`, or correct sites.{site.name}.output",
        )
    with known.hashes(memory, site.output) as hashes:
        keys = hashes.known(_keys(os.fspath(site.output)))
        for file, before, now in _side_by_side(site, keys, hashes.started):
            hashes.keep(file.key, before, now)
            yield file


def _side_by_side(site: Site, keys: Iterator[tuple[str, str]], started: int) -> Iterator[_Scanned]:
    with ThreadPoolExecutor(WORKERS, "scan") as pool:
        try:
            batches: deque[Future[list[_Scanned]]] = deque()
            while batch := list(islice(keys, BATCH)):
                batches.append(pool.submit(_files, site, batch, started))
                if len(batches) > WORKERS:
                    yield from batches.popleft().result()
            while batches:
                yield from batches.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def path_of(site: Site, key: str) -> Path:
    """Return the absolute path of the file with this key."""
    return site.output / key


def body(site: Site, file: File) -> bytes | Path:
    """Return what is to be stored: bytes up to 1 MiB or if compressed, else a path to stream from.

    Raises PreflightError if the file is not any more what `scan` saw.
    """
    path = path_of(site, file.key)
    with _readable(file.key):
        if file.headers.content_encoding:
            found: bytes | Path = _packed(path)
        else:
            found = path.read_bytes() if file.size <= IN_MEMORY else path
        size = len(found) if isinstance(found, bytes) else found.stat().st_size
    if size != file.size:
        raise _changed(file.key)
    return found


def _keys(root: str) -> Iterator[str]:
    """Yield the keys of all files, sorted: a folder sorts with the "/" that its files' keys have.

    By code points, which is the order of the UTF-8 bytes.
    """
    waiting = [""]
    while waiting:
        key = waiting.pop()
        if key and not key.endswith("/"):
            yield key
            continue
        with _readable(key or "the build's folder"), os.scandir(f"{root}/{key}") as found:
            names = [
                f"{key}{entry.name}/" if entry.is_dir(follow_symlinks=False) else key + entry.name
                for entry in found
            ]
        waiting.extend(sorted(names, reverse=True))


def _files(site: Site, keys: list[tuple[str, str]], started: int) -> list[_Scanned]:
    root = os.fspath(site.output)
    return [_file(site, key, f"{root}/{key}", before, started) for key, before in keys]


def _file(site: Site, key: str, path: str, before: str, started: int) -> _Scanned:
    try:
        if before and (same := _unchanged(site, key, path, before)):
            return same, before, before
        _check_key(key)
        descriptor = _open(site, key, path)
        try:
            status = os.fstat(descriptor)
            file = _read(site, key, path, descriptor, status)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(key, error) from error
    # A file that is stored compressed is not remembered: another zlib would compress it otherwise.
    lasting = status.st_ctime_ns < started and not file.headers.content_encoding
    return file, before, known.remembered(file.sha256, status) if lasting else ""


def _unchanged(site: Site, key: str, path: str, before: str) -> File | None:
    status = os.lstat(path)
    sha256 = known.hash_of(before, status)
    if not sha256:
        return None
    found, kind = headers_for(key, status.st_size, site.cache)
    return File(key, status.st_size, sha256, found, kind)


def _read(site: Site, key: str, path: str, descriptor: int, before: os.stat_result) -> File:
    _check_kind(key, before)
    found, kind = headers_for(key, before.st_size, site.cache)
    sha256, size = _hashed(descriptor, before.st_size)
    if size != before.st_size or os.fstat(descriptor).st_mtime_ns != before.st_mtime_ns:
        raise _changed(key)
    if compresses_here(found.content_type, size):
        packed = _Measure()
        _pack(Path(path), packed)
        if packed.size <= size * SAVING:
            sha256, size = packed.sha256.hexdigest(), packed.size
            found = headers(found.content_type, found.cache_control, "gzip")
    return File(key, size, sha256, found, kind)


@contextmanager
def _readable(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreadable(key, error) from error


def _unreadable(key: str, error: OSError) -> PreflightError:
    return PreflightError(
        f"{key} cannot be read ({error.strerror})",
        remedy="give this user the right to read it, or build the site again",
    )


def _open(site: Site, key: str, path: str) -> int:
    try:
        return os.open(path, _FLAGS)
    except OSError:
        if not Path(path).is_symlink():
            raise
        return os.open(_followed(site, key, path), _FLAGS)


def _followed(site: Site, key: str, path: str) -> str:
    """Return what a link leads to. Only files of the build: a site must not publish others."""
    target = os.path.realpath(path)
    inside = os.path.realpath(site.output)
    if not Path(target).is_file():
        raise PreflightError(
            f"{key} is a link that leads to no file ({target})",
            remedy="put the file there itself; links to folders are not followed",
        )
    if not target.startswith(f"{inside}/"):
        raise PreflightError(
            f"{key} is a link that leaves {site.output} ({target})",
            remedy="put the file there itself, if it is meant to be public",
        )
    return target


def _check_key(key: str) -> None:
    try:
        encoded = key.encode()
    except UnicodeEncodeError as error:
        raise PreflightError(
            f"the name of {os.fsencode(key)!r} is not UTF-8", remedy="rename the file"
        ) from error
    if len(encoded) > LONGEST_KEY:
        raise PreflightError(
            f"{key} is longer than the {LONGEST_KEY} bytes that S3 takes", remedy="shorten it"
        )
    if key.startswith(OWN_PREFIX):
        raise PreflightError(
            f"the build has a file {key}, and {OWN_PREFIX} is where Shipway keeps its own",
            remedy=f"have the build leave {OWN_PREFIX} out",
        )


def _check_kind(key: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PreflightError(f"{key} is no file", remedy="have the build leave it out")
    if status.st_size > LARGEST:
        raise PreflightError(
            f"{key} is larger than the 5 GB that one upload takes", remedy="split or shrink it"
        )


def _hashed(descriptor: int, size: int) -> tuple[str, int]:
    """Return the SHA-256 (hex) of an open file, and how many bytes there were."""
    data = os.read(descriptor, min(size, IN_MEMORY) + 1)
    if len(data) <= IN_MEMORY:
        return hashlib.sha256(data).hexdigest(), len(data)
    total, sha256 = 0, hashlib.sha256()
    while data:
        total += len(data)
        sha256.update(data)
        data = os.read(descriptor, IN_MEMORY)
    return sha256.hexdigest(), total


class _Measure:
    """Takes what is written to it, and keeps only its size (bytes) and hash."""

    def __init__(self) -> None:
        self.size, self.sha256 = 0, hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self.size += len(data)
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back. GzipFile asks for it."""


def _pack(path: Path, to: _Measure | BytesIO) -> None:
    """Write a file to `to`, compressed: always the same bytes, with neither name nor time."""
    with path.open("rb") as raw, GzipFile("", "wb", LEVEL, to, mtime=0) as packed:
        shutil.copyfileobj(raw, packed, IN_MEMORY)


def _packed(path: Path) -> bytes:
    to = BytesIO()
    _pack(path, to)
    return to.getvalue()


def _changed(key: str) -> PreflightError:
    return PreflightError(
        f"{key} changed while it was read", remedy="wait until the build has ended, and run again"
    )
