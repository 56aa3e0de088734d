"""A build that is looked at and read beside all that comes before a plan: imports, and what AWS is
asked. So little is imported here.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from deploy.config.model import Config, Site
from deploy.site.forked import forked
from deploy.site.manifest import File
from deploy.site.reading import merged, part, shares
from deploy.site.scan import Share


class Ahead:
    """What is found of a build: the first share as `_looked` yields it, and the other ones."""

    def __init__(self, first: Iterator[File | None], others: list[Iterator[File]]) -> None:
        self._first, self._others = first, others

    def files(self) -> Iterator[File] | None:
        """Return the build's files as `scan` yields them, once; None if it is not up to date.

        Waits until that is known. Raises what `is_built` and `scan` raise.
        """
        try:
            next(self._first)
        except StopIteration:
            return None
        return merged([cast("Iterator[File]", self._first), *self._others])


@contextmanager
def ahead(config: Config, name: str, *, rebuild: bool = False) -> Iterator[Ahead | None]:
    """Look from now on whether the site `name` has been built, and read its files.

    None if nothing is known of such a site, or it is to be built in any case. What `forked` says
    holds here.
    """
    site = None if rebuild else config.sites.get(name)
    if site is None:
        yield None
        return
    kept = config.state
    first, *others = shares()
    with ExitStack() as stack:
        looked = stack.enter_context(forked(lambda: _looked(site, kept, first)))
        rest = [stack.enter_context(forked(partial(part, site, kept, share))) for share in others]
        yield Ahead(looked, rest)


def _looked(site: Site, kept: Path, share: Share) -> Generator[File | None, None, None]:
    """Yield None and then the files of a share, or nothing."""
    from deploy.site.built import is_built

    if is_built(site, kept, os.environ):
        yield None
        yield from part(site, kept, share)
