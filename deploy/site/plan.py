"""What a deploy of a site would do, and why. Pure.

A `Draft` is fed the matches of build, bucket and live release one by one, then what HEAD found of
the unknown ones; it becomes a `SitePlan`. Files that stay are only counted.
"""

from collections.abc import Iterator
from typing import NamedTuple

from deploy.config.model import Site
from deploy.events import Change
from deploy.site import invalidation
from deploy.site.decide import Gone, Unknown, Upload, classify, resolve
from deploy.site.guard import guard
from deploy.site.manifest import Entry, Fingerprint, Head, Release
from deploy.site.merge import Match
from deploy.site.pointer import Pointer, interrupted
from deploy.site.shown import changes

__all__ = ["Draft", "SitePlan", "Unknown", "Upload", "guard"]

INDEX = "index.html"
NAMED = 3  # files that a warning names


class SitePlan(NamedTuple):
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
        """Whether there is a release to publish. If not, `pending` may still be left to do.

        A run that ended amid publishing leaves one: what it did is found, and published.
        """
        differs = self.uploads or self.kept_unknown or self.gone_pages or self.dropped
        return bool(differs) or interrupted(self.pointer)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The keys that the live release may have and the next one has not."""
        return (*self.gone_pages, *self.gone_rest, *self.vanished)

    @property
    def assets(self) -> tuple[Upload, ...]:
        """The uploads of immutable files that are new: safe at any time, before any claim."""
        return tuple(upload for upload in self.uploads if _is_asset(upload))

    @property
    def stables(self) -> tuple[Upload, ...]:
        """The uploads that replace what may be in use, and new stable files; but no pages."""
        return tuple(
            upload
            for upload in self.uploads
            if upload.file.kind != "page" and not _is_asset(upload)
        )

    @property
    def pages(self) -> tuple[Upload, ...]:
        """The uploads of HTML: the last ones."""
        return tuple(upload for upload in self.uploads if upload.file.kind == "page")

    @property
    def upload_bytes(self) -> int:
        return sum(upload.file.size for upload in self.uploads)

    @property
    def all_paths(self) -> tuple[str, ...]:
        """The paths to invalidate: this run's and those that an earlier run left."""
        return invalidation.joined(self.invalidate, self.pending)

    @property
    def changes(self) -> tuple[Change, ...]:
        """The lines that show this plan: what it comes to, then each upload and deletion with its
        reason, at most 20, pages first, and the invalidation.
        """
        return changes(self)


def _is_asset(upload: Upload) -> bool:
    return upload.file.kind == "immutable" and not upload.existed


class Draft:
    """Gathers a SitePlan in one pass over the matches, holding only what changes."""

    def __init__(self, site: Site, base: Release | None, pointer: Pointer | None) -> None:
        self._site, self._base, self._pointer = site, base, pointer
        self._interrupted = interrupted(pointer)
        self._fingerprint = Fingerprint()
        self._files = self._bytes = self._objects = self._strays = 0
        self._live_named = self._gone_named = 0
        self._has_index = False
        self._uploads: list[Upload] = []
        self._kept_unknown: list[Entry] = []
        self._gone: list[Gone] = []
        self._edge: list[str] = []  # keys of which the edge may hold something else

    def add(self, match: Match) -> Unknown | None:
        """Take one match, in key order. What it returns needs a HEAD, and then `found`."""
        self._count(match)
        decision = classify(match, interrupted=self._interrupted)
        if decision is None or isinstance(decision, Unknown):
            return decision
        if isinstance(decision, Upload):
            self._upload(decision)
        elif isinstance(decision, Gone):
            self._gone.append(decision)
        else:
            self._strays += 1
        return None

    def _count(self, match: Match) -> None:
        key, file, listed, entry = match
        if listed:
            self._objects += 1
        if entry and entry.file.kind != "immutable":
            self._live_named += 1
            self._gone_named += file is None
        if file:
            self._files += 1
            self._bytes += file.size
            self._fingerprint.add(file)
            self._has_index = self._has_index or key == INDEX

    def found(self, unknown: Unknown, head: Head | None) -> None:
        """Take what HEAD said of an unknown object, in any order."""
        decision = resolve(unknown, head)
        if isinstance(decision, Upload):
            self._upload(decision)
            return
        self._kept_unknown.append(decision)
        replaced = unknown.entry is not None and unknown.entry.file != unknown.file
        if unknown.file.kind != "immutable" or replaced:
            self._edge.append(unknown.file.key)

    def _upload(self, upload: Upload) -> None:
        self._uploads.append(upload)
        if upload.existed:
            self._edge.append(upload.file.key)

    def plan(self) -> SitePlan:
        """Return the plan, its parts sorted by key."""
        gone = sorted(self._gone, key=lambda gone: gone.key)
        pages = tuple(item.key for item in gone if item.listed and item.kind == "page")
        rest = tuple(item.key for item in gone if item.listed and item.kind != "page")
        vanished = tuple(item.key for item in gone if not item.listed)
        return SitePlan(
            site=self._site.name,
            base=self._base,
            pointer=self._pointer,
            files=self._files,
            bytes=self._bytes,
            fingerprint=self._fingerprint.hex,
            objects=self._objects,
            strays=self._strays,
            has_index=self._has_index,
            live_named=self._live_named,
            gone_named=self._gone_named,
            uploads=tuple(sorted(self._uploads, key=lambda upload: upload.file.key)),
            kept_unknown=tuple(sorted(self._kept_unknown, key=lambda entry: entry.file.key)),
            gone_pages=pages,
            gone_rest=rest,
            vanished=vanished,
            invalidate=invalidation.paths((*self._edge, *pages, *vanished)),
            pending=self._pointer.pending if self._pointer else (),
            warnings=tuple(self._warnings()),
        )

    def _warnings(self) -> Iterator[str]:
        changed = [
            upload.file.key
            for upload in self._uploads
            if upload.file.kind == "immutable" and upload.existed and upload.reason == "content"
        ]
        if changed:
            yield (
                f"{_listing(changed)} changed under a name that looks like a hash of its content, "
                "and browsers keep it for a year: give it a new name, or a pattern in "
                f'sites.{self._site.name}.cache such as "{changed[0]}" = "no-cache"'
            )
        if self._pointer is None and self._strays:
            yield f"{self._strays} objects in the bucket belong to no release, and stay"


def _listing(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
