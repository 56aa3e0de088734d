"""Reads the built site: every file with its hash and headers, in the order in which S3 lists."""

import hashlib
import os
import shutil
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from xxhash import xxh3_128_hexdigest

from deploy.config.model import Site
from deploy.errors import PreflightError
from deploy.site import known
from deploy.site.headers import compresses_here, headers, headers_for
from deploy.site.known import Content, Known
from deploy.site.manifest import OWN_PREFIX, File

IN_MEMORY = 1 << 20  # bytes: bodies up to this size are handed on as bytes, others are streamed
LARGEST = 5_000_000_000  # bytes that one PUT takes, S3's 5 GB
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
LONGEST_KEY = 1024  # bytes of UTF-8
SAVING = 0.9  # compressed is stored what is at most this part of the file
LEVEL = 6  # of gzip

# What has become a link or a pipe since it was looked at is not followed, and not waited for.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Share(NamedTuple):
    """A part of a site's files, the same ones each time: it goes by the CRC of their keys."""

    number: int
    of: int

    @property
    def name(self) -> str:
        return "" if self == WHOLE else f".{self.number + 1}-of-{self.of}"

    def among(self, keys: Iterator[str]) -> Iterator[str]:
        """Return those of the keys that belong to this share."""
        if self == WHOLE:
            return keys
        number, of = self
        return (key for key in keys if crc32(os.fsencode(key)) % of == number)


WHOLE = Share(0, 1)


def scan(
    site: Site, memory: Path | None = None, share: Share = WHOLE
) -> Generator[File, None, None]:
    """Yield every file below the site's output folder, sorted by the UTF-8 bytes of its key.

    Or only those of a share. `memory` is a file that keeps hashes from one scan to the next: a file
    that has not changed is not read again.

    In the caller's thread: with two it took half as long again, because most of the work on a
    small file is Python's own. Streaming: only the names of the folders being read are in memory.
    Raises PreflightError, also in mid-iteration, if the folder is missing, or a file cannot be
    read, is a broken link or one that leaves the folder, has a name that S3 cannot hold, is over
    5 GB, or changes meanwhile.
    """
    if not site.output.is_dir():
        raise PreflightError(
            f"the build's folder {site.output} is missing",
            remedy=f"run `{' '.join(site.build)}`, or correct sites.{site.name}.output",
        )
    with known.hashes(memory, site.output) as hashes:
        root = os.fspath(site.output)
        keys = hashes.known(share.among(_keys(root)))
        for key, before in keys:
            file, record = _file(site, key, f"{root}/{key}", before, hashes.started)
            hashes.keep(before, record)
            yield file


def path_of(site: Site, key: str) -> Path:
    """Return the absolute path of the file with this key."""
    return site.output / key


def body(site: Site, file: File) -> bytes | Path:
    """Return what is to be stored: bytes up to 1 MiB or if compressed, else a path to stream from.

    Raises PreflightError if the file is not any more what `scan` saw.
    """
    path = path_of(site, file.key)
    try:
        if file.headers.content_encoding:
            found: bytes | Path = _packed(path)
        else:
            found = _whole(path, file.size) if file.size <= IN_MEMORY else path
        size = len(found) if isinstance(found, bytes) else found.stat().st_size
    except OSError as error:
        raise _unreadable(file.key, error) from error
    if size != file.size:
        raise _changed(file.key)
    return found


def _whole(path: Path, size: int) -> bytes:
    """Return what is in a file of `size` bytes, and one more byte if it has become longer.

    By three calls of the system instead of the seven of `Path.read_bytes`: at each, a thread lets
    go of Python's lock, and of 64 another one takes it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, size + 1)
    finally:
        os.close(descriptor)


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


def _file(site: Site, key: str, path: str, before: Known, started: int) -> tuple[File, str]:
    """Return a file, and the record of what is to be remembered of it."""
    try:
        status = os.lstat(path)
        if (now := known.told(status)) == before.status:
            found, kind = headers_for(key, status.st_size, site.cache)
            return File(key, status.st_size, before.content.sha256, found, kind), before.record
        _check_key(key)
        if stat.S_ISLNK(status.st_mode):
            path = _followed(site, key, path)
            status = os.lstat(path)
            now = known.told(status)
        _check_kind(key, status)
        file, content = _read(site, key, path, status, before.content)
    except OSError as error:
        raise _unreadable(key, error) from error
    # A file that is stored compressed is not remembered: another zlib would compress it otherwise.
    lasting = status.st_ctime_ns < started and not file.headers.content_encoding
    return file, known.record(key, content, now) if lasting else ""


def _read(
    site: Site, key: str, path: str, status: os.stat_result, before: Content
) -> tuple[File, Content]:
    """Return a file as it is to be stored, and what is in it as it is; `before` what was."""
    found, kind = headers_for(key, status.st_size, site.cache)
    content, size = _hashed(path, status.st_size, before)
    sha256 = content.sha256
    if size != status.st_size:
        raise _changed(key)
    if content is not before and compresses_here(found.content_type, size):
        packed = _Measure()
        _pack(Path(path), packed)
        if packed.size <= size * SAVING:
            sha256, size = packed.sha256.hexdigest(), packed.size
            found = headers(found.content_type, found.cache_control, "gzip")
    return File(key, size, sha256, found, kind), content


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


def _hashed(path: str, size: int, before: Content) -> tuple[Content, int]:
    """Return what is in a file, and how many bytes there were; `before` is what was in it.

    One call reads a small file of `size` bytes, and shows one that has become longer. One that is
    written to meanwhile and keeps its size has a hash that no upload's body will have.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        data = os.read(descriptor, min(size, IN_MEMORY) + 1)
        total = len(data)
        xxh3 = xxh3_128_hexdigest(data) if total <= IN_MEMORY else ""
        if xxh3 and xxh3 == before.xxh3:
            return before, total
        sha256 = hashlib.sha256(data)
        while total > IN_MEMORY and (data := os.read(descriptor, IN_MEMORY)):
            total += len(data)
            sha256.update(data)
        return Content(sha256.hexdigest(), xxh3), total
    finally:
        os.close(descriptor)


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
