"""Store what is safe to store at any time: immutable files that nobody asks for yet."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import cast

from deploy.config.model import Site
from deploy.events import Emit
from deploy.site.bucket import Bucket
from deploy.site.manifest import Entry
from deploy.site.phase import FileCount, phase
from deploy.site.plan import SitePlan, Upload
from deploy.site.scan import body
from deploy.site.workers import each
from deploy.wording import counted

Store = Callable[[Upload], Entry]


def upload(
    plan: SitePlan, site: Site, bucket: Bucket, emit: Emit, *, clock: Callable[[], float]
) -> tuple[Entry, ...]:
    """Store the plan's new immutable files side by side, and return them for `publish`.

    The live site stays as it is, whatever befalls: what is stored here is in no page yet, and the
    next run finds it. No phase is told if there is nothing to do. Raises ToolError or
    PreflightError as `Bucket.put` and `scan.body` do.
    """
    uploads = plan.assets
    if not uploads:
        return ()
    with phase(f"upload {plan.site}", emit, clock, counted(len(uploads), "file")) as running:
        count = FileCount(running, len(uploads), sum(item.file.size for item in uploads))
        stored = stored_all(uploads, putter(site, bucket), count)
        running.summary = counted(len(stored), "file")
    return tuple(stored)


def putter(site: Site, bucket: Bucket) -> Store:
    """Return the function that stores one file of the build."""
    return lambda item: bucket.put(item.file, body(site, item.file))


def stored_all(uploads: Sequence[Upload], store: Store, count: FileCount) -> list[Entry]:
    """Store files side by side, counting each. The first error ends it."""
    entries = []
    with closing(cast("Generator[Entry, None, None]", each(store, uploads))) as done:
        for entry in done:
            count.add(entry.file.size)
            entries.append(entry)
    return entries
