"""Files, entries, releases and buckets as a site's tests need them."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from deploy.config.model import Site
from deploy.object_replies import Listed
from deploy.site.headers import headers_for
from deploy.site.manifest import Entry, File, Fingerprint, Head, Release, next_entries
from deploy.site.merge import merge
from deploy.site.plan import Draft, SitePlan
from deploy.site.pointer import Pointer

LIVE = Pointer(release="r1")

# What a file may be called: folders, and characters on both sides of "/".
NAMES = st.text(alphabet="a-./é~ b*%?😀", min_size=1, max_size=4)
ENDS = st.sampled_from(["", "", ".html", "/index.html", "-BfX3kq9a.js"])
KEYS = st.builds(
    lambda names, end: "/".join(filter(None, (name.strip("/") for name in names))) + end,
    st.lists(NAMES, min_size=1, max_size=3),
    ENDS,
).map(lambda key: key.strip("/") or "index.html")


def site_of(**changes: Any) -> Site:
    return Site(name="frontend", root=Path("/site"), output=Path("/site/dist"), **changes)


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def file_of(key: str, content: str = "x", cache: Mapping[str, str] | None = None) -> File:
    headers, kind = headers_for(key, len(content), cache or {})
    return File(key, len(content), sha256(content), headers, kind)


def entry_of(key: str, content: str = "x", *, version: str = "v1", stored: float = 100.0) -> Entry:
    return Entry(file_of(key, content), f'"{sha256(content)[:8]}"', version, stored)


def listed_of(entry: Entry, *, modified: float | None = None) -> Listed:
    at = entry.stored if modified is None else modified
    return Listed(entry.file.key, entry.file.size, entry.etag, at)


def release_of(name: str, entries: Iterable[Entry] = (), *, origin: str = "") -> Release:
    files = [entry.file for entry in entries]
    size = sum(file.size for file in files)
    return Release(name, 100.0, "me", "abc", origin or name, len(files), size)


def fingerprint(files: Iterable[File]) -> str:
    found = Fingerprint()
    for file in files:
        found.add(file)
    return found.hex


class World:
    """A bucket as S3 would have it, with the live release's entries."""

    def __init__(self, live: Iterable[Entry] = (), pointer: Pointer | None = LIVE) -> None:
        self.entries = sorted(live, key=lambda entry: entry.file.key)
        self.objects = {entry.file.key: entry for entry in self.entries}
        self.meta = {entry.file.key: entry.file.sha256 for entry in self.entries}
        self.modified: dict[str, float] = {}
        self.pointer = pointer
        self.heads: list[str] = []
        self.version = 1

    def put(self, file: File, *, known: bool = True) -> Entry:
        """Store an object; `known` says that Shipway put it, with the hash beside it."""
        self.version += 1
        entry = Entry(file, f'"{self.version}"', f"v{self.version}", 100.0 + self.version)
        self.objects[file.key] = entry
        self.meta[file.key] = file.sha256 if known else ""
        return entry

    def head(self, key: str) -> Head | None:
        self.heads.append(key)
        entry = self.objects.get(key)
        if entry is None:
            return None
        meta = self.meta[key]
        return Head(
            entry.file.size, entry.etag, entry.version, entry.stored, meta, entry.file.headers
        )

    def listed(self) -> list[Listed]:
        return [
            listed_of(self.objects[key], modified=self.modified.get(key))
            for key in sorted(self.objects)
        ]

    def plan(self, files: Iterable[File]) -> SitePlan:
        base = release_of("r1", self.entries) if self.pointer else None
        draft = Draft(site_of(), base, self.pointer)
        built = sorted(files, key=lambda file: file.key)
        matches = list(merge(built, self.listed(), self.entries))
        for unknown in [found for match in matches if (found := draft.add(match))]:
            draft.found(unknown, self.head(unknown.file.key))
        return draft.plan()

    def apply(self, plan: SitePlan) -> None:
        stored = [self.put(upload.file) for upload in plan.uploads]
        for key in plan.gone_pages:
            del self.objects[key]
        changed = (*stored, *plan.kept_unknown)
        self.entries = list(next_entries(self.entries, changed, plan.dropped))
        self.pointer = Pointer(release="r2")
