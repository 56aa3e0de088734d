"""The values that the site's plan is made of, and the codec of a release's manifest. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

# All that Shipway itself keeps in the bucket is below this; CloudFront never serves it.
OWN_PREFIX = ".shipway/"
POINTER_KEY = ".shipway/live.json"
RELEASES_PREFIX = ".shipway/releases/"

# How a file may change once it is published:
#   immutable  its name holds a hash of its content: never changes, may be there before its pages
#   stable     keeps its name when its content changes (favicon.svg, config.json)
#   page       HTML: names the others, so it is written last, and taken away at once when it is gone
Kind = Literal["immutable", "stable", "page"]


@dataclass(frozen=True, slots=True)
class Headers:
    """What S3 stores beside an object's body, and CloudFront and browsers go by."""

    content_type: str
    cache_control: str
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the build, as the bucket should have it.

    `key` is its path below the output folder, with "/"; `size` (bytes) and `sha256` (hex) are
    those of the body as it is stored, which is the compressed one if the headers say so.
    """

    key: str
    size: int
    sha256: str
    headers: Headers
    kind: Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a release, as S3 has stored it: `etag` (opaque), `version` (of the object).

    `stored` is the server's time of that, in Unix seconds: what S3 lists as modified later than
    this was changed by somebody else.
    """

    file: File
    etag: str
    version: str
    stored: float


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as ListObjectsV2 has it. `modified` in Unix seconds, by the server's clock."""

    key: str
    size: int
    etag: str
    modified: float


@dataclass(frozen=True, slots=True)
class Release:
    """The head of a release's manifest; its entries follow, sorted by key.

    `created` in Unix seconds. `origin` is the release whose content this one has: itself, or the
    one that a rollback returned to. `commit` is the git commit, with "-dirty" if it had changes.
    """

    id: str
    created: float
    by: str
    commit: str
    origin: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Head:
    """One object as HeadObject has it. `sha256` is what Shipway stored beside it, "" if nothing.

    `modified` in Unix seconds, by the server's clock.
    """

    size: int
    etag: str
    version: str
    modified: float
    sha256: str
    headers: Headers


class Fingerprint:
    """One hash over all files of a release: key, content and headers, in key order."""

    def add(self, file: File) -> None:
        raise NotImplementedError

    @property
    def hex(self) -> str:
        """Return the SHA-256 of what was added so far, in hex."""
        raise NotImplementedError


def release_id(created: float, fingerprint: str) -> str:
    """Return a release's id, `20261122T081512Z-3f9a1c2`: time in UTC and what is in it.

    `created` in Unix seconds, `fingerprint` as `Fingerprint.hex`. Ids sort by time.
    """
    raise NotImplementedError


def created_of(release: str) -> float:
    """Return the Unix time (whole seconds) in a release's id. Raises ValueError for another id."""
    raise NotImplementedError


def content_of(release: str) -> str:
    """Return the part of a release's id that says what is in it: equal ids, equal content."""
    raise NotImplementedError


def manifest_key(release: str) -> str:
    """Return the key of a release's manifest: `.shipway/releases/<id>.jsonl.gz`."""
    raise NotImplementedError


def release_of(key: str) -> str | None:
    """Return the id of the release whose manifest has this key, None if it is no manifest."""
    raise NotImplementedError


def write(release: Release, entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a manifest line by line (JSON, with the newline): the release, then its entries.

    The entries must be in key order. Not compressed: the caller gzips (mtime 0) as it goes.
    """
    raise NotImplementedError


def read(lines: Iterable[bytes]) -> tuple[Release, Iterator[Entry]]:
    """Parse a manifest's lines, as `write` made them; entries are parsed as they are asked for.

    Raises PreflightError if it is damaged or of a newer format.
    """
    raise NotImplementedError


def next_entries(
    live: Iterable[Entry], stored: Iterable[Entry], dropped: Iterable[str]
) -> Iterator[Entry]:
    """Yield the entries of the next release in key order, streaming `live`.

    `live` are the live release's entries in key order; `stored` those that replace or join them
    (in any order), `dropped` the keys that the next release has not.
    """
    raise NotImplementedError
