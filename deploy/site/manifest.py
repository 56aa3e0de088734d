"""The values that the site's plan is made of, and the codec of a release's manifest. Pure."""

import hashlib
import heapq
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal, NamedTuple

from deploy.errors import PreflightError
from deploy.values import as_json

# All that Shipway itself keeps in the bucket is below this; CloudFront never serves it.
OWN_PREFIX = ".shipway/"
POINTER_KEY = ".shipway/live.json"
RELEASES_PREFIX = ".shipway/releases/"

PARSED = 500  # lines of a manifest at a time
FORMAT = 1  # of the manifest; raised when an older Shipway cannot read it any more
_ENCODER = json.JSONEncoder(separators=(",", ":"))  # `json.dumps` would make one for each line
_TIME = "%Y%m%dT%H%M%SZ"
_SUFFIX = ".jsonl.gz"
_MANIFEST = re.compile(rf"{re.escape(RELEASES_PREFIX)}(\d{{8}}T\d{{6}}Z-[0-9a-f]{{7}}){_SUFFIX}")

# How a file may change once it is published:
#   immutable  its name holds a hash of its content: never changes, may be there before its pages
#   stable     keeps its name when its content changes (favicon.svg, config.json)
#   page       HTML: names the others, so it is written last, and taken away at once when it is gone
Kind = Literal["immutable", "stable", "page"]


class Headers(NamedTuple):
    """What S3 stores beside an object's body, and CloudFront and browsers go by."""

    content_type: str
    cache_control: str
    content_encoding: str = ""


class File(NamedTuple):
    """One file of the build, as the bucket should have it.

    `key` is its path below the output folder, with "/"; `size` (bytes) and `sha256` (hex) are
    those of the body as it is stored, which is the compressed one if the headers say so.
    """

    key: str
    size: int
    sha256: str
    headers: Headers
    kind: Kind


class Entry(NamedTuple):
    """One file of a release, as S3 has stored it: `etag` (opaque), `version` (of the object).

    `stored` is the server's time of that, in Unix seconds: what S3 lists as modified later than
    this was changed by somebody else.
    """

    file: File
    etag: str
    version: str
    stored: float


class Release(NamedTuple):
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


class Head(NamedTuple):
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

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, file: File) -> None:
        headers = file.headers
        parts = (file.key, file.sha256, headers.content_type, headers.cache_control)
        self._hash.update("\0".join((*parts, headers.content_encoding, "")).encode())

    @property
    def hex(self) -> str:
        """Return the SHA-256 of what was added so far, in hex."""
        return self._hash.hexdigest()


def release_id(created: float, fingerprint: str) -> str:
    """Return a release's id, `20261122T081512Z-3f9a1c2`: time in UTC and what is in it.

    `created` in Unix seconds, `fingerprint` as `Fingerprint.hex`. Ids sort by time.
    """
    return f"{datetime.fromtimestamp(created, UTC):{_TIME}}-{fingerprint[:7]}"


def created_of(release: str) -> float:
    """Return the Unix time (whole seconds) in a release's id. Raises ValueError for another id."""
    return datetime.strptime(release.partition("-")[0], _TIME).replace(tzinfo=UTC).timestamp()


def content_of(release: str) -> str:
    """Return the part of a release's id that says what is in it: equal parts, equal content."""
    return release.partition("-")[2]


def manifest_key(release: str) -> str:
    """Return the key of a release's manifest: `.shipway/releases/<id>.jsonl.gz`."""
    return f"{RELEASES_PREFIX}{release}{_SUFFIX}"


def release_of(key: str) -> str | None:
    """Return the id of the release whose manifest has this key, None if it is no manifest."""
    found = _MANIFEST.fullmatch(key)
    return found[1] if found else None


def write(release: Release, entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a manifest line by line (JSON, with the newline): the release, then its entries.

    The entries must be in key order. Not compressed: the caller gzips (mtime 0) as it goes.
    """
    yield _line({"format": FORMAT, **as_json(release)})
    for entry in entries:
        file, headers = entry.file, entry.file.headers
        stored = (headers.content_type, headers.cache_control, headers.content_encoding)
        ours = (file.key, file.size, file.sha256, file.kind, *stored)
        yield _line((*ours, entry.etag, entry.version, entry.stored))


def _line(value: object) -> bytes:
    return _ENCODER.encode(value).encode() + b"\n"


def read(lines: Iterable[bytes]) -> tuple[Release, Iterator[Entry]]:
    """Parse a manifest's lines, as `write` made them; entries are parsed as they are asked for.

    Raises PreflightError if it is damaged or of a newer format, also amid the entries.
    """
    rest = iter(lines)
    try:
        head: dict[str, Any] = json.loads(next(rest, b""))
        if head.pop("format") != FORMAT:
            raise PreflightError(
                "the live release was written by a newer Shipway",
                remedy="use that version, or a newer one",
            )
        release = Release(**head)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged("a release's manifest", str(error)) from error
    return release, _entries(release, rest)


def _entries(release: Release, lines: Iterator[bytes]) -> Iterator[Entry]:
    count = 0
    known: dict[tuple[str, str, str], Headers] = {}
    try:
        for count, row in enumerate(_rows(lines), 1):  # noqa: B007 - compared at the end
            key, size, sha256, kind, *stored, etag, version, time = row
            kinds = (stored[0], stored[1], stored[2])
            headers = known.get(kinds) or known.setdefault(kinds, Headers(*kinds))
            yield Entry(File(key, size, sha256, headers, kind), etag, version, time)
    except (ValueError, TypeError, IndexError) as error:
        raise _damaged(f"the manifest of release {release.id}", str(error)) from error
    if count != release.files:
        found = f"{count} of {release.files} files"
        raise _damaged(f"the manifest of release {release.id}", found)


def _rows(lines: Iterator[bytes]) -> Iterator[Any]:
    """Parse many lines in one call: that takes a third of the time."""
    while some := list(islice(lines, PARSED)):
        yield from json.loads(b"[%b]" % b",".join(some))


def _damaged(what: str, why: str) -> PreflightError:
    return PreflightError(
        f"{what} is damaged ({why})",
        remedy="delete .shipway/live.json from the bucket and deploy with --adopt: what is there "
        "already is found again",
    )


def next_entries(
    live: Iterable[Entry], stored: Iterable[Entry], dropped: Iterable[str]
) -> Iterator[Entry]:
    """Yield the entries of the next release in key order, streaming `live`.

    `live` are the live release's entries in key order; `stored` those that replace or join them
    (in any order), `dropped` the keys that the next release has not.
    """
    fresh = {entry.file.key: entry for entry in stored}
    left = fresh.keys() | set(dropped)
    kept = (entry for entry in live if entry.file.key not in left)
    return heapq.merge(
        kept,
        sorted(fresh.values(), key=lambda entry: entry.file.key),
        key=lambda entry: entry.file.key,
    )
