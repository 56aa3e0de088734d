"""Files, entries and releases as a site's tests need them."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from deploy.config.model import Site
from deploy.object_replies import Listed
from deploy.site.headers import headers_for
from deploy.site.manifest import Entry, File, Fingerprint, Release

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
