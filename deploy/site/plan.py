"""What a deploy of a site would do, and why. Pure.

A `Draft` is fed the matches of build, bucket and live release one by one, then what HEAD found of
the unknown ones; it becomes a `SitePlan`. Files that stay are only counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from deploy.config.model import Site
from deploy.events import Change
from deploy.site.manifest import Entry, File, Head, Headers, Kind, Listed, Release
from deploy.site.merge import Match
from deploy.site.pointer import Pointer

Reason = Literal["new", "content", "headers"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to store. `existed`: the edge may hold another under this key.

    `before` are the headers that are replaced, if that is the reason.
    """

    file: File
    reason: Reason
    existed: bool
    before: Headers | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is in the bucket as it should be, and known to the live release."""

    file: File


@dataclass(frozen=True, slots=True)
class Unknown:
    """An object of the right size that the live release does not vouch for: HEAD tells."""

    file: File
    listed: Listed


@dataclass(frozen=True, slots=True)
class Gone:
    """A key that the build has not: `listed` says whether the bucket (still) has it."""

    key: str
    kind: Kind
    listed: bool


@dataclass(frozen=True, slots=True)
class Stray:
    """An object that neither build nor live release has. It stays."""

    key: str


def classify(match: Match, *, interrupted: bool = False) -> Kept | Upload | Unknown | Gone | Stray:
    """Decide what is to be done about one key.

    `interrupted` says that a run ended amid publishing: pages that it left are gone, not stray.
    """
    raise NotImplementedError


def resolve(unknown: Unknown, head: Head | None) -> Entry | Upload:
    """Decide about an unknown object by its HEAD (None: it is gone by now).

    An Entry is one that is already right: it only has to be recorded in the next release.
    """
    raise NotImplementedError


@dataclass(frozen=True)
class SitePlan:
    """All that a deploy would do to one site's bucket and distribution.

    `base` is the live release and `pointer` what said so (None: nothing was ever published).
    `kept_unknown` is already in the bucket, but in no release: it is recorded. Pages in
    `gone_pages` are deleted; `gone_rest` stay until no kept release needs them; `vanished` are in
    the live release, but neither in the build nor in the bucket. `invalidate` are the paths for
    this run's changes, `pending` those of an earlier run that were never confirmed.
    """

    site: str
    base: Release | None
    pointer: Pointer | None
    files: int  # of the build
    bytes: int  # of the build, as stored
    fingerprint: str  # of the build: Fingerprint.hex
    objects: int  # in the bucket, but for Shipway's own
    strays: int
    has_index: bool
    live_named: int  # files of the live release that keep their name: stable ones and pages
    gone_named: int  # how many of those the build has not
    uploads: tuple[Upload, ...]
    kept_unknown: tuple[Entry, ...]
    gone_pages: tuple[str, ...]
    gone_rest: tuple[str, ...]
    vanished: tuple[str, ...]
    invalidate: tuple[str, ...]
    pending: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether there is a release to publish. If not, `pending` may still be left to do."""
        raise NotImplementedError

    @property
    def dropped(self) -> tuple[str, ...]:
        """The keys of the live release that the next one has not."""
        raise NotImplementedError

    @property
    def assets(self) -> tuple[Upload, ...]:
        """The uploads of immutable files: safe at any time, before anything is claimed."""
        raise NotImplementedError

    @property
    def stables(self) -> tuple[Upload, ...]:
        """The uploads of files that keep their name, but for pages."""
        raise NotImplementedError

    @property
    def pages(self) -> tuple[Upload, ...]:
        """The uploads of HTML: the last ones."""
        raise NotImplementedError

    @property
    def upload_bytes(self) -> int:
        raise NotImplementedError

    @property
    def all_paths(self) -> tuple[str, ...]:
        """The paths to invalidate: this run's and those that an earlier run left."""
        raise NotImplementedError

    @property
    def changes(self) -> tuple[Change, ...]:
        """The lines that show this plan: each upload and deletion with its reason, at most 20."""
        raise NotImplementedError


class Draft:
    """Gathers a SitePlan in one pass over the matches, holding only what changes."""

    def __init__(self, site: Site, base: Release | None, pointer: Pointer | None) -> None:
        raise NotImplementedError

    def add(self, match: Match) -> Unknown | None:
        """Take one match, in key order. What it returns needs a HEAD, and then `found`."""
        raise NotImplementedError

    def found(self, unknown: Unknown, head: Head | None) -> None:
        """Take what HEAD said of an unknown object, in any order."""
        raise NotImplementedError

    def plan(self) -> SitePlan:
        """Return the plan, its parts sorted by key."""
        raise NotImplementedError


def guard(
    plan: SitePlan,
    *,
    adopt: bool = False,
    allow_deletions: bool = False,
    allow_missing_index: bool = False,
) -> None:
    """Raise PreflightError if the plan looks like a mistake, with the flag that allows it.

    Refused: an empty build (no flag), one without index.html (--allow-missing-index), a bucket
    with objects that Shipway never published to (--adopt), and a build that lacks more than 30 %
    of the live release's stable files and pages (--allow-deletions).
    """
    raise NotImplementedError


def shown(lines: Sequence[Change], limit: int = 20) -> tuple[Change, ...]:
    """Return the first `limit` lines and then one that says how many more there are."""
    raise NotImplementedError
