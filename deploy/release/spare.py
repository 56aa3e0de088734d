"""What nobody may want to return to, and so can be taken away. Pure.

Kept is what runs or is on its way, what the last releases that succeeded ran, and what is not
Shipway's to take: Terraform's own revision, images under other tags than a source's.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploy.events import Change
from deploy.outcome import Outcome
from deploy.release.history import Live, content, live
from deploy.release.record import Record
from deploy.wording import counted

RECORDS = 100  # the newest, whatever they tell
SHOWN = 20  # lines for single things
SOURCE = "src-"  # what Shipway's tags begin with
SUCCEEDED = Outcome.SUCCEEDED.label

Image = tuple[str, str]  # its repository and its digest


@dataclass(frozen=True)
class Revision:
    """A task definition that is ACTIVE, or that runs. `images` are those that it names."""

    arn: str
    family: str
    number: int
    images: frozenset[Image] = frozenset()
    ours: bool = True  # and not Terraform's, nor of a service that deploy.toml does not name
    active: bool = True

    @property
    def name(self) -> str:
        return f"{self.family}:{self.number}"


@dataclass(frozen=True)
class StoredImage:
    """An image in a repository. `size` in bytes; `children` are the digests in an index."""

    repository: str
    digest: str
    tags: tuple[str, ...] = ()
    size: int = 0
    children: tuple[str, ...] = ()

    @property
    def id(self) -> Image:
        return self.repository, self.digest

    @property
    def foreign(self) -> bool:
        return any(not tag.startswith(SOURCE) for tag in self.tags)


@dataclass(frozen=True)
class World:
    """All that there is. `records` are given newest first.

    `running` are the ARNs of what runs, is rolled out or may be rolled back to, `digests` those
    that running tasks report. `sites` maps each site to its releases' ids.
    """

    records: tuple[Record, ...] = ()
    revisions: tuple[Revision, ...] = ()
    images: tuple[StoredImage, ...] = ()
    running: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()
    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Spare:
    """What is taken away, of what there is: `stay` tells how much of it is kept, and why."""

    revisions: tuple[Revision, ...] = ()
    images: tuple[StoredImage, ...] = ()
    records: tuple[str, ...] = ()
    stay: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.revisions or self.images or self.records)

    def within(self, approved: "Spare") -> "Spare":
        """Return what of this was approved too."""
        images, records = {image.id for image in approved.images}, set(approved.records)
        arns = {revision.arn for revision in approved.revisions}
        return replace(
            self,
            revisions=tuple(each for each in self.revisions if each.arn in arns),
            images=tuple(each for each in self.images if each.id in images),
            records=tuple(each for each in self.records if each in records),
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """The lines that show it: how much goes and why, each thing of it, and what stays."""
        size = sum(image.size for image in self.images)
        megabytes = f", {size / 1e6:,.1f} MB" if size else ""
        revisions = [each.name for each in self.revisions]
        images = [_named(each) for each in self.images]
        return (
            *_lines("revisions", revisions, "that no kept release ran"),
            *_lines("images", images, f"that no kept revision names{megabytes}"),
            *_lines("records", self.records, f"older than the last {RECORDS}, and not needed"),
            *self.stay,
        )


def _named(image: StoredImage) -> str:
    digest = image.digest[: len("sha256:") + 12]
    return f"{image.repository} {next(iter(image.tags), digest)}"


def _lines(what: str, names: Sequence[str], why: str) -> Iterator[Change]:
    if names:
        yield Change("-", what, f"{len(names):,} {why}")
        yield from (Change("-", name, "", of=what) for name in names[:SHOWN])
    if len(names) > SHOWN:
        yield Change("-", f"and {len(names) - SHOWN:,} more", "not shown", of=what)


def needed(records: Sequence[Record], keep: int) -> tuple[Live, ...]:
    """Return what ran under each of the last `keep` releases that succeeded, newest first."""
    good = [index for index, record in enumerate(records) if record.outcome == SUCCEEDED]
    return tuple(live(records[index:]) for index in good[:keep])


def spare(world: World, keep: int) -> Spare:
    """Return what can be taken away if the last `keep` successful releases are kept."""
    wanted = {arn for state in needed(world.records, keep) for arn in state.services.values()}
    newest: dict[str, int] = {}
    for each in world.revisions:
        newest[each.family] = max(newest.get(each.family, 0), each.number * each.active)
    kept = {
        each.arn: why
        for each in world.revisions
        if (why := _why(each, world.running, wanted, newest[each.family]))
    }
    images = _kept_images(world, kept)
    records = _kept_records(world.records, keep)
    return Spare(
        tuple(each for each in world.revisions if each.arn not in kept),
        tuple(each for each in world.images if each.id not in images),
        tuple(each.id for each in world.records if each.id not in records),
        tuple(_stay(kept.values(), len(images & {i.id for i in world.images}), len(records))),
    )


def _why(revision: Revision, running: Collection[str], wanted: Collection[str], newest: int) -> str:
    """Say why a revision is kept; "" if it is not."""
    if revision.arn in running:
        return "run"
    if revision.arn in wanted:
        return "of kept releases"
    if revision.number == newest:
        return "the newest of their service"
    return "" if revision.ours and revision.active else "not Shipway's to take"


def _kept_images(world: World, kept: Collection[str]) -> set[Image]:
    """Return those that kept revisions name, that run or are foreign; indexes with their parts."""
    named = {image for each in world.revisions if each.arn in kept for image in each.images}
    found = named | {
        each.id for each in world.images if each.foreign or each.digest in world.digests
    }
    parts = {each.id: each.children for each in world.images}
    left = list(found)
    while left:
        repository, digest = left.pop()
        new = {(repository, child) for child in parts.get((repository, digest), ())} - found
        found |= new
        left += new
    return found


def _kept_records(records: Sequence[Record], keep: int) -> set[str]:
    """Return the newest, and those that tell what ran under a kept release."""
    kept = {record.id for record in records[:RECORDS]}
    good = [index for index, record in enumerate(records) if record.outcome == SUCCEEDED]
    for index in good[:keep]:
        kept.add(records[index].id)
        kept |= _tellers(records[index:])
    return kept


def _tellers(records: Sequence[Record]) -> set[str]:
    """Return the newest record for each part that tells what it ran."""
    found: dict[tuple[str, str], str] = {}
    for record in records:
        told = live([record])
        for name in told.services:
            found.setdefault(("service", name), record.id)
        for name in told.sites:
            found.setdefault(("site", name), record.id)
    return set(found.values())


def _stay(why: Iterable[str], images: int, records: int) -> Iterator[Change]:
    reasons = list(why)
    told = [f"{reasons.count(each)} {each}" for each in dict.fromkeys(reasons)]
    if reasons:
        yield Change("=", "kept revisions", f"{len(reasons)}: {', '.join(told)}")
    if images:
        yield Change("=", "kept images", f"{counted(images, 'image')} of kept revisions")
    if records:
        yield Change("=", "kept records", f"{records}")


def releases_to_keep(ids: Iterable[str], wanted: Iterable[str], least: int) -> int:
    """Return how many of a site's releases, the newest first, hold all that are `wanted`.

    `ids` are its releases, of which at least `least` are kept. A wanted one that is gone may have
    its content in another.
    """
    contents = {content(each) for each in wanted if each}
    newest = sorted(ids, reverse=True)
    found: dict[str, int] = {}
    for place, release in enumerate(newest, 1):
        found.setdefault(content(release), place)
    places = (place for alike, place in found.items() if alike in contents)
    return max(least, *places, 0)
