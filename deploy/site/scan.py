"""Reads the built site: every file with its hash and headers, in the order in which S3 lists."""

from collections.abc import Iterator
from pathlib import Path

from deploy.config.model import Site
from deploy.site.manifest import File

IN_MEMORY = 1 << 20  # bytes: bodies up to this size are handed on as bytes, others are streamed


def scan(site: Site) -> Iterator[File]:
    """Yield every file below the site's output folder, sorted by the UTF-8 bytes of its key.

    Streaming: at any time only the folder being read is in memory. Raises PreflightError, also
    in mid-iteration, if the folder is missing, or a file cannot be read, is a broken link or one
    that leaves the folder, has a name that S3 cannot hold, is over 5 GB, or changes meanwhile.
    """
    raise NotImplementedError


def path_of(site: Site, key: str) -> Path:
    """Return the absolute path of the file with this key."""
    raise NotImplementedError


def body(site: Site, file: File) -> bytes | Path:
    """Return what is to be stored: bytes up to 1 MiB or if compressed, else a path to stream from.

    Raises PreflightError if the file is not any more what `scan` saw.
    """
    raise NotImplementedError
