"""Return to an earlier release from the versions in the bucket, without a build."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.config.model import Site
from deploy.errors import PreflightError
from deploy.events import Change, Emit
from deploy.site import archive, claim
from deploy.site.bucket import Bucket
from deploy.site.manifest import Entry, Release
from deploy.site.plan import SitePlan
from deploy.site.pointer import LEASE, Pointer, interrupted
from deploy.site.publish import Author, Published, Switch
from deploy.site.releases import rollback_target
from deploy.site.shown import ROLLBACK, changes
from deploy.site.survey import compared
from deploy.site.workers import each


@dataclass(frozen=True)
class RollbackPlan:
    """What returns the site to `target`: `sources` holds its version of each file to bring back."""

    target: Release
    plan: SitePlan
    sources: Mapping[str, Entry]

    @property
    def changed(self) -> bool:
        return self.plan.changed

    @property
    def changes(self) -> tuple[Change, ...]:
        """The lines that show this plan."""
        return changes(self.plan, ROLLBACK)


def plan_rollback(bucket: Bucket, site: Site, *, to: str | None = None) -> RollbackPlan:
    """Return what returns `site` to the release `to` (None: the one before). Nothing is written.

    If a run ended amid publishing, the one before is the release that is still named as live.
    Raises PreflightError, naming the releases that are left, if there is no such release or a
    version of it is gone.
    """
    pointer = claim.read(bucket)
    if pointer is None or not pointer.release:
        raise PreflightError(
            f"nothing was ever published to bucket {bucket.name}",
            remedy="deploy the site first: `invoke deploy-frontend`",
        )
    name = _target(bucket, pointer, to)
    with archive.opened(bucket, name) as (target, entries):
        assert target  # noqa: S101 - `opened` yields none only for ""
        plan = compared(bucket, site, (entry.file for entry in entries), pointer)
    sources = _sources(bucket, name, plan)
    _check(bucket, name, sources, pointer.release)
    return RollbackPlan(target, plan, sources)


def _target(bucket: Bucket, pointer: Pointer, to: str | None) -> str:
    if interrupted(pointer) and to in (None, pointer.release):
        return pointer.release
    with archive.opened(bucket, pointer.release) as (live, _):
        assert live  # noqa: S101
        return rollback_target(archive.releases(bucket), live, to)


def _sources(bucket: Bucket, release: str, plan: SitePlan) -> dict[str, Entry]:
    wanted = {upload.file.key for upload in plan.uploads}
    with archive.opened(bucket, release) as (_, entries):
        return {entry.file.key: entry for entry in entries if entry.file.key in wanted}


def _check(bucket: Bucket, release: str, sources: Mapping[str, Entry], live: str) -> None:
    """Raise PreflightError if a version that the way back needs is gone."""

    def look(entry: Entry) -> tuple[str, bool]:
        return entry.file.key, bucket.head(entry.file.key, entry.version) is not None

    gone = sorted(key for key, there in each(look, sources.values()) if not there)
    if gone:
        left = [name for name in reversed(archive.releases(bucket)) if name not in (release, live)]
        raise PreflightError(
            f"release {release} is no longer whole: its version of {gone[0]} is gone"
            + (f", and {len(gone) - 1} more" if gone[1:] else ""),
            remedy=f"give another one to --to: {', '.join(left) or 'none is left'}",
        )


def rollback(
    planned: RollbackPlan,
    bucket: Bucket,
    emit: Emit,
    *,
    author: Author,
    clock: Callable[[], float],
    now: Callable[[], float],
    lease: float = LEASE,
) -> Published:
    """Make the planned release live again, as a new release with the target's origin.

    Parameters and errors as of `publish`; a version that is gone raises PreflightError.
    """
    sources = planned.sources
    switch = Switch(
        planned.plan,
        bucket,
        author,
        store=lambda item: bucket.copy(sources[item.file.key]),
        now=now,
        lease=lease,
        origin=planned.target.origin,
    )
    return switch.run((), emit, clock)
