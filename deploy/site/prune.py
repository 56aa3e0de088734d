"""Take away what no kept release needs: object versions, and the manifests of old releases."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from deploy.config.model import Site
from deploy.errors import LockedError, ShipwayError
from deploy.events import Emit, Note
from deploy.site import archive, claim
from deploy.site.bucket import Bucket
from deploy.site.claim import Hold, LostError, swap
from deploy.site.manifest import Entry, manifest_key
from deploy.site.phase import phase
from deploy.site.pointer import LEASE, Pointer, Run, hold, released
from deploy.site.releases import expired, prunable
from deploy.wording import counted

KEPT_TO_DROPPED = 4  # at most so many kept releases are read for each that is dropped
AT_ONCE = 1000  # what one DeleteObjects takes


def prune(
    bucket: Bucket,
    site: Site,
    emit: Emit,
    *,
    run: Run,
    clock: Callable[[], float],
    now: Callable[[], float],
    lease: float = LEASE,
) -> int:
    """Delete what only expired releases have, and return how many object versions that were.

    What is live or kept stays, whoever made it. If no release has expired (or too few, see
    `is_worth_it`) nothing is written, and no phase is told. If another run holds the site nothing
    is done, and a failure is a warning: a later deploy prunes.
    """
    holding = Hold(bucket, run, now, lease)
    try:
        return _pruned(site, holding, emit, clock)
    except ShipwayError as error:
        emit(Note(f"old releases of site {site.name} were not taken away: {error}", "warning"))
        return 0


def _pruned(site: Site, holding: Hold, emit: Emit, clock: Callable[[], float]) -> int:
    bucket = holding.bucket
    pointer, ids = claim.read(bucket), archive.releases(bucket)
    dropped = expired(ids, site, pointer.release, holding.now()) if pointer else ()
    if not pointer or not is_worth_it(len(dropped), len(ids) - len(dropped)):
        return 0
    told = counted(len(dropped), "release")
    with phase(f"prune {site.name}", emit, clock, told) as running:
        count = Pruning(holding, pointer.release).run(dropped, set(ids) - set(dropped))
        held = "another run holds the site"
        running.summary = held if count is None else counted(count, "version")
    return count or 0


def is_worth_it(dropped: int, kept: int) -> bool:
    """Say whether to prune for `dropped` releases, when `kept` ones must be read to do so.

    Each kept manifest is read to see what is still needed. So that a site that is deployed every
    hour does not read a week's manifests at every deploy, what expires is gathered first.
    """
    return dropped > 0 and dropped * KEPT_TO_DROPPED >= kept


class Pruning:
    """One clean-up of a site, of which `live` must stay the live release."""

    def __init__(self, holding: Hold, live: str) -> None:
        self.bucket, self.holding, self.live = holding.bucket, holding, live

    def run(self, dropped: Iterable[str], kept: Iterable[str]) -> int | None:
        """Delete what only `dropped` need; None if the site is another run's."""
        try:
            if self.holding.take(self._hold) is None:
                return None
            with self.holding.kept():
                count = self._delete(prunable(self._entries(dropped), self._entries(kept)))
                # Last: while its manifest is there, what is left of a release is found again.
                self._delete((manifest_key(release), "") for release in dropped)
            swap(self.bucket, self._release)
        except (LockedError, LostError):
            return None
        except BaseException:
            self.holding.abandon()
            raise
        return count

    def _hold(self, pointer: Pointer | None) -> Pointer | None:
        """Hold the site, unless another run moved it: then what is dropped may be live."""
        if pointer is None or pointer.release != self.live:
            return None
        return hold(pointer, self.holding.run, self.holding.now())

    def _release(self, pointer: Pointer | None) -> Pointer | None:
        if pointer is None:
            return None
        return released(pointer, self.holding.run, pruned=self.holding.now())

    def _entries(self, releases: Iterable[str]) -> Iterator[Entry]:
        def of(release: str) -> Iterator[Entry]:
            with archive.opened(self.bucket, release) as (_, entries):
                yield from entries

        return chain.from_iterable(map(of, releases))

    def _delete(self, objects: Iterable[tuple[str, str]]) -> int:
        remaining, count = iter(objects), 0
        while batch := list(islice(remaining, AT_ONCE)):
            self.holding.check()
            self.bucket.delete(batch)
            count += len(batch)
        return count
