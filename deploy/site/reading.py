"""Read a build by two processes side by side, where a fork is safe: hashing is work for a core."""

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from heapq import merge
from pathlib import Path

from deploy.config.model import Site
from deploy.site.forked import forked, is_alone
from deploy.site.known import memory
from deploy.site.manifest import File
from deploy.site.scan import WHOLE, Share, scan

READERS = 2  # each walks all folders; more were not measured (docs/speed.md)


@contextmanager
def read(site: Site, state: Path) -> Iterator[Iterator[File]]:
    """Yield the files of a build as `scan` does, read from now on; hashes are kept below `state`.

    `state` is the project's `.shipway` folder. What `forked` says holds here.
    """
    with ExitStack() as stack:
        parts = [
            stack.enter_context(forked(partial(part, site, state, share))) for share in shares()
        ]
        yield merged(parts)


def shares() -> list[Share]:
    """Return a share for each process that is to read."""
    count = min(READERS, os.cpu_count() or 1) if is_alone() else 1
    return [Share(number, count) for number in range(count)] if count > 1 else [WHOLE]


def part(site: Site, state: Path, share: Share) -> Generator[File, None, None]:
    """Yield the files of a share as `scan` does, by what is remembered of that share."""
    return scan(site, memory(state, site.name, share.name), share)


def merged(parts: Iterable[Iterator[File]]) -> Iterator[File]:
    """Return the files of all shares in the order of their keys."""
    return merge(*parts, key=lambda file: file.key)
