"""A site's plan in lines. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from deploy.events import Change, Sign
from deploy.site.decide import Upload
from deploy.site.manifest import Headers

if TYPE_CHECKING:
    from deploy.site.plan import SitePlan

LIMIT = 20  # lines for single files
NAMED_PATHS = 5  # paths that are named


def changes(plan: "SitePlan") -> tuple[Change, ...]:
    """Return each upload and deletion with its reason, at most 20, and then what they come to.

    Pages come first, then what else keeps its name, then assets.
    """
    total = len(plan.uploads) + len(plan.dropped) + len(plan.kept_unknown)
    return (*shown(_files(plan), total), *_sums(plan))


def shown(lines: Iterable[Change], total: int, limit: int = LIMIT) -> Iterator[Change]:
    """Yield the first `limit` of `total` lines, and one that says how many more there are."""
    yield from islice(lines, limit)
    if total > limit:
        yield Change("~", f"and {total - limit:,} more", "not shown")


def _files(plan: "SitePlan") -> Iterator[Change]:
    yield from map(_upload, (*plan.pages, *plan.stables, *plan.assets))
    for key in plan.gone_pages:
        yield Change("-", key, "gone from the build")
    for key in plan.gone_rest:
        yield Change("-", key, "gone from the build; stays until no kept release needs it")
    for key in plan.vanished:
        yield Change("-", key, "gone from the build, and from the bucket already")
    for entry in plan.kept_unknown:
        yield Change("=", entry.file.key, "already in the bucket, and recorded")


def _upload(upload: Upload) -> Change:
    file = upload.file
    sign: Sign = "~" if upload.existed else "+"
    if upload.reason == "headers" and upload.before:
        before, after = _differing(upload.before, file.headers)
        return Change(sign, file.key, "headers", before, after)
    return Change(sign, file.key, upload.reason, after=size(file.size))


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


def _sums(plan: "SitePlan") -> Iterator[Change]:
    subject = f"site {plan.site}"
    if not plan.changed:
        yield Change("=", subject, f"all {plan.files:,} files are live as they were built")
    elif plan.uploads:
        count = f"{len(plan.uploads):,} of {plan.files:,} files to upload"
        yield Change("~", subject, count, after=size(plan.upload_bytes))
    else:
        yield Change("~", subject, f"none of {plan.files:,} files to upload")
    if plan.invalidate:
        yield Change("~", "invalidation", "what the edge may hold", after=_paths(plan.invalidate))
    if plan.pending:
        reason = "the invalidation of an earlier run is not confirmed"
        yield Change("~", "invalidation", reason, after=_paths(plan.pending))


def _paths(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - NAMED_PATHS} more" if len(paths) > NAMED_PATHS else ""
    return ", ".join(paths[:NAMED_PATHS]) + more


def size(count: int) -> str:
    """Return a number of bytes in words: "812 B", "12.3 kB", "45.6 MB"."""
    if count < 1000:  # noqa: PLR2004 - SI prefixes, as everywhere in the output
        return f"{count} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"  # noqa: PLR2004
