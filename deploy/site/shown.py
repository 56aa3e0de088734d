"""A site's plan in lines. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from deploy.events import Change, Sign
from deploy.site.decide import Upload
from deploy.site.manifest import Headers
from deploy.wording import counted

if TYPE_CHECKING:
    from deploy.site.plan import SitePlan

LIMIT = 20  # lines for single files
NAMED_PATHS = 5  # paths that are named


class Words(NamedTuple):
    """What is done with a file, and what it is done for."""

    verb: str
    source: str


DEPLOY = Words("upload", "the build")
ROLLBACK = Words("bring back", "that release")


def changes(plan: "SitePlan", words: Words = DEPLOY) -> tuple[Change, ...]:
    """Return what a plan comes to, then each upload and deletion with its reason, at most 20.

    Pages come first, then what else keeps its name, then assets. The invalidation ends it.
    """
    site = _site(plan, words)
    total = len(plan.uploads) + len(plan.dropped) + len(plan.kept_unknown)
    files = (line._replace(of=site.subject) for line in shown(_files(plan, words), total))
    return (site, *files, *_invalidations(plan))


def shown(lines: Iterable[Change], total: int, limit: int = LIMIT) -> Iterator[Change]:
    """Yield the first `limit` of `total` lines, and one that says how many more there are."""
    yield from islice(lines, limit)
    if total > limit:
        yield Change("~", f"and {total - limit:,} more", "not shown")


def _site(plan: "SitePlan", words: Words) -> Change:
    subject, files = f"site {plan.site}", counted(plan.files, "file")
    if not plan.changed:
        return Change("=", subject, f"live as in {words.source}: {files}")
    count = f"{len(plan.uploads):,} of {files} to {words.verb}"
    if plan.uploads:
        count += f", {size(plan.upload_bytes)}"
    if plan.base is None:
        return Change("+", subject, f"its first release: {count}")
    return Change("~", subject, count)


def _files(plan: "SitePlan", words: Words) -> Iterator[Change]:
    yield from map(_upload, (*plan.pages, *plan.stables, *plan.assets))
    gone = f"not in {words.source}"
    for key in plan.gone_pages:
        yield Change("-", key, gone)
    for key in plan.gone_rest:
        yield Change("-", key, f"{gone}; kept releases need it")
    for key in plan.vanished:
        yield Change("-", key, f"{gone}, and out of the bucket already")
    for entry in plan.kept_unknown:
        yield Change("=", entry.file.key, "already in the bucket, and recorded")


def _upload(upload: Upload) -> Change:
    file = upload.file
    sign: Sign = "~" if upload.existed else "+"
    reason = f"{upload.reason}, {size(file.size)}"
    if upload.reason == "headers" and upload.before:
        return Change(sign, file.key, reason, *_differing(upload.before, file.headers))
    return Change(sign, file.key, reason)


def _differing(before: Headers, after: Headers) -> tuple[str, str]:
    names = {
        "content-type": (before.content_type, after.content_type),
        "cache-control": (before.cache_control, after.cache_control),
        "content-encoding": (before.content_encoding, after.content_encoding),
    }
    pairs = [(name, *values) for name, values in names.items() if values[0] != values[1]]
    return (
        "; ".join(f"{name}: {old or 'none'}" for name, old, _ in pairs),
        "; ".join(f"{name}: {new or 'none'}" for name, _, new in pairs),
    )


def _invalidations(plan: "SitePlan") -> Iterator[Change]:
    subject = f"invalidation {plan.site}"
    if plan.invalidate:
        yield Change("~", subject, f"what the edge may hold: {_paths(plan.invalidate)}")
    if plan.pending:
        reason = f"not confirmed in an earlier run: {_paths(plan.pending)}"
        yield Change("~", subject, reason)


def _paths(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - NAMED_PATHS} more" if len(paths) > NAMED_PATHS else ""
    return ", ".join(paths[:NAMED_PATHS]) + more


def size(count: int) -> str:
    """Return a number of bytes in words: "812 B", "12.3 kB", "45.6 MB"."""
    if count < 1000:  # noqa: PLR2004 - SI prefixes, as everywhere in the output
        return f"{count} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"  # noqa: PLR2004
