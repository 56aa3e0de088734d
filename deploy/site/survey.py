"""Read the build, the bucket and the live release in one pass, and plan what to do."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import cast

from deploy.config.model import Site
from deploy.site import archive, claim
from deploy.site.bucket import Bucket
from deploy.site.manifest import File, Head
from deploy.site.merge import Match, merge
from deploy.site.plan import Draft, SitePlan, Unknown, guard
from deploy.site.pointer import Pointer
from deploy.site.workers import each


def survey(
    bucket: Bucket,
    site: Site,
    files: Iterable[File],
    *,
    adopt: bool = False,
    allow_deletions: bool = False,
    allow_missing_index: bool = False,
) -> SitePlan:
    """Return what a deploy of `files`, which are all of the built `site`, to `bucket` would do.

    Nothing is written. `files` are in key order, as `scan` yields them, and read once. One GET for
    the pointer, one for the live release's manifest, a LIST for 1,000 objects, and a
    HEAD for each object that the manifest does not vouch for. Memory stays flat, but for what
    changes. Raises PreflightError as `scan` and `guard` do; the flags are those of `guard`.
    """
    plan = compared(bucket, site, files, claim.read(bucket))
    guard(
        plan,
        adopt=adopt,
        allow_deletions=allow_deletions,
        allow_missing_index=allow_missing_index,
    )
    return plan


def compared(
    bucket: Bucket, site: Site, files: Iterable[File], pointer: Pointer | None
) -> SitePlan:
    """Return what makes the bucket hold `files` (in key order) as its live release."""
    live = pointer.release if pointer else ""
    listed = bucket.survey()
    with archive.opened(bucket, live) as (base, entries):
        draft = Draft(site, base, pointer)
        matches = merge(files, listed, entries)

        def look(unknown: Unknown) -> tuple[Unknown, Head | None]:
            return unknown, bucket.head(unknown.file.key)

        found = each(look, _unknown(draft, matches))
        with closing(cast("Generator[tuple[Unknown, Head | None], None, None]", found)) as looked:
            for unknown, head in looked:
                draft.found(unknown, head)
    return draft.plan()


def _unknown(draft: Draft, matches: Iterable[Match]) -> Iterator[Unknown]:
    for match in matches:
        unknown = draft.add(match)
        if unknown:
            yield unknown
