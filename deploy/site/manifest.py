"""The values that the site's plan is made of: files, what the bucket lists, releases. Pure."""

from dataclasses import dataclass
from typing import Literal

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
