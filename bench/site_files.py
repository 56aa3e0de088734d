"""The sites that the benchmark deploys, and what happens to their files between two deploys."""

import os
import random
import string
import time
from collections.abc import Iterator
from pathlib import Path

SMALLEST, LARGEST = 1 << 10, 20 << 10  # bytes
PAGES, HASHED = 1, 6  # of every ten files; the other three keep their names
HASH = string.ascii_letters + string.digits  # Vite's hashes, nearly
EDITED, RETAGGED = "static/0/file-8.json", 300  # a file; how many are in static/0
HOUR = 3600


def make(folder: Path, count: int) -> int:
    """Write a site of `count` files, always the same ones; return its size in bytes."""
    chance, size = random.Random(2026), 0  # noqa: S311 - the same files each time
    for key in keys(count, chance):
        body = chance.randbytes(chance.randint(SMALLEST, LARGEST))
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        size += len(body)
    return size


def keys(count: int, chance: random.Random) -> Iterator[str]:
    """Yield `count` names: pages, hashed ones, others; at most 500 in a folder."""
    yield "index.html"
    for number in range(1, count):
        part, kind = number // 1000, number % 10
        if kind < PAGES:
            yield f"docs/{part}/page-{number}.html"
        elif kind <= HASHED:
            suffix = ("js", "css", "woff2", "js", "png", "js")[kind - PAGES]
            yield f"assets/{part}/part-{''.join(chance.choices(HASH, k=8))}.{suffix}"
        else:
            yield f"static/{part}/file-{number}.{('svg', 'json', 'jpg')[kind - HASHED - 1]}"


def age(folder: Path) -> None:
    """Let every file be an hour old."""
    _stamp(folder, time.time() - HOUR)


def touch(folder: Path) -> None:
    """Do what every build and checkout in CI does: the same content, written just now."""
    _stamp(folder, int(time.time()))  # whole seconds, as S3 tells times


def edit(folder: Path, number: int) -> None:
    """Change a file's content, but neither its size nor its time of modification."""
    path = folder / EDITED
    kept = path.stat()
    path.write_bytes(f"{number:08d}".encode() + path.read_bytes()[8:])
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))


def files(folder: Path) -> Iterator[Path]:
    return (Path(root) / name for root, _, names in os.walk(folder) for name in names)


def _stamp(folder: Path, seconds: float) -> None:
    for path in files(folder):
        os.utime(path, (seconds, seconds))
