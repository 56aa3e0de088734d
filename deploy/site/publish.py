"""Make a release live: stable files, then pages, then the pointer, under a claim of the site."""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.config.model import Site
from deploy.events import Emit, Note
from deploy.outcome import Outcome
from deploy.site import archive
from deploy.site.bucket import Bucket
from deploy.site.claim import Hold, LostError, swap
from deploy.site.manifest import Entry, Release, manifest_key, next_entries, release_id
from deploy.site.phase import FileCount, Phase, phase
from deploy.site.plan import SitePlan, Upload
from deploy.site.pointer import LEASE, Pointer, Run, claim, interrupted, published
from deploy.site.upload import Store, putter, stored_all


@dataclass(frozen=True)
class Published:
    """How publishing ended: SUCCEEDED, UNCHANGED (nothing to publish) or SUPERSEDED.

    `release` is the live one; None if it was superseded. `pending` are the paths that are left to
    invalidate, also if nothing was published: an earlier run may have left them.
    """

    outcome: Outcome
    release: Release | None
    pending: tuple[str, ...] = ()


@dataclass(frozen=True)
class Author:
    """Who publishes: `run.id` is unique to this process, `commit` is git's ("" if unknown)."""

    run: Run
    commit: str = ""


def publish(
    plan: SitePlan,
    uploaded: tuple[Entry, ...],
    site: Site,
    bucket: Bucket,
    emit: Emit,
    *,
    author: Author,
    clock: Callable[[], float],
    now: Callable[[], float],
    lease: float = LEASE,
) -> Published:
    """Make the planned release live. `uploaded` is what `upload` returned for this plan.

    `clock` is monotonic, `now` Unix time, both in seconds; `lease` is how long the site is held if
    this process dies. Raises LockedError if another run holds the site, ToolError or
    PreflightError if a file can't be stored: then the site is let go, the old release is named
    as live, and a rerun does the rest.
    """
    switch = Switch(plan, bucket, author, putter(site, bucket), now, lease)
    return switch.run(uploaded, emit, clock)


@dataclass(frozen=True)
class Switch:
    """One move of the site to a release. `origin` is that of a rollback's target, "" for a build.

    `store` puts one of the plan's uploads in its place.
    """

    plan: SitePlan
    bucket: Bucket
    author: Author
    store: Store
    now: Callable[[], float]
    lease: float
    origin: str = ""

    def run(self, uploaded: tuple[Entry, ...], emit: Emit, clock: Callable[[], float]) -> Published:
        """Claim the site, move it and let it go, as one phase."""
        plan = self.plan
        if not plan.changed:
            return Published(Outcome.UNCHANGED, plan.base, plan.pending)
        with phase(f"publish {plan.site}", emit, clock) as running:
            release = self._release()
            live = self._moved(release, uploaded, running)
            running.summary = release.id if live else "superseded"
        if live:
            return Published(Outcome.SUCCEEDED, release, live.pending)
        emit(Note("another run changed the site since this plan was made", "warning"))
        return Published(Outcome.SUPERSEDED, None)

    def _release(self) -> Release:
        plan, created = self.plan, self.now()
        if plan.base:  # releases are in order, even if the clocks of those who publish are not
            created = max(created, plan.base.created + 1)
        name = release_id(created, plan.fingerprint)
        return Release(
            id=name,
            created=created,
            by=self.author.run.by,
            commit=self.author.commit,
            origin=self.origin or name,
            files=plan.files,
            bytes=plan.bytes,
        )

    def _moved(
        self, release: Release, uploaded: tuple[Entry, ...], running: Phase
    ) -> Pointer | None:
        hold = Hold(self.bucket, self.author.run, self.now, self.lease)
        try:
            if hold.take(lambda pointer: self._claim(pointer, release)) is None:
                return None
            with hold.kept():
                self._forget_unpublished()
                stored = self._stored(uploaded, hold, running)
                self._record(release, stored)
                hold.check()
            return swap(self.bucket, lambda pointer: self._publish(pointer, release))
        except LostError:
            return None
        except BaseException:
            hold.abandon()
            raise

    def _forget_unpublished(self) -> None:
        """Delete the manifest of a run that ended before its release was live: it never was one."""
        seen = self.plan.pointer
        if seen and interrupted(seen) and seen.next:
            self.bucket.delete([(manifest_key(seen.next), "")])

    def _claim(self, pointer: Pointer | None, release: Release) -> Pointer | None:
        """Claim, and note what the edge may hold wrongly from now on, should this run die."""
        claimed = claim(
            pointer,
            self.author.run,
            self.now(),
            seen=self.plan.pointer,
            next_release=release.id,
        )
        return claimed._replace(pending=self.plan.all_paths) if claimed else None

    def _publish(self, pointer: Pointer | None, release: Release) -> Pointer | None:
        if pointer is None:
            return None
        return published(pointer, self.author.run, release.id, self.plan.all_paths)

    def _stored(self, uploaded: tuple[Entry, ...], hold: Hold, running: Phase) -> list[Entry]:
        """Store what is left, pages last, then take the pages away that are gone."""
        there = {entry.file.key for entry in uploaded}
        assets = [item for item in self.plan.assets if item.file.key not in there]
        groups = ([*assets, *self.plan.stables], self.plan.pages)
        size = sum(item.file.size for group in groups for item in group)
        count = FileCount(running, sum(map(len, groups)), size)

        def store(item: Upload) -> Entry:
            hold.check()
            return self.store(item)

        stored = [entry for group in groups for entry in stored_all(group, store, count)]
        if self.plan.gone_pages:
            hold.check()
            self.bucket.delete([(key, "") for key in self.plan.gone_pages])
        return [*uploaded, *self.plan.kept_unknown, *stored]

    def _record(self, release: Release, stored: list[Entry]) -> None:
        live = self.plan.base.id if self.plan.base else ""
        with archive.opened(self.bucket, live) as (_, entries):
            following = next_entries(entries, stored, self.plan.dropped)
            archive.store(self.bucket, release, following)
