"""What is to be done about one key of build, bucket and live release. Pure."""

from typing import Literal, NamedTuple

from deploy.object_replies import Listed
from deploy.site.manifest import Entry, File, Head, Headers, Kind
from deploy.site.media_types import content_type, is_page
from deploy.site.merge import Match

# Seconds by which the time that S3 lists may be later than the one it answered a PUT with: one is
# rounded, and a PUT takes its time.
CLOCK_STEP = 1.0

Reason = Literal["new", "content", "headers"]


class Upload(NamedTuple):
    """A file to store. `existed`: the edge may hold another under this key.

    `before` are the headers that are replaced, if that is the reason.
    """

    file: File
    reason: Reason
    existed: bool
    before: Headers | None = None


class Unknown(NamedTuple):
    """An object of the right size that the live release does not vouch for: HEAD tells."""

    file: File
    listed: Listed
    entry: Entry | None = None


class Gone(NamedTuple):
    """A key that the build has not: `listed` says whether the bucket (still) has it."""

    key: str
    kind: Kind
    listed: bool


class Stray(NamedTuple):
    """An object that neither build nor live release has. It stays."""

    key: str


def classify(match: Match, *, interrupted: bool = False) -> Upload | Unknown | Gone | Stray | None:
    """Decide what is to be done about one key: nothing, if its file is in the bucket as it should
    be, and known to the live release.

    `interrupted` says that a run ended amid publishing: pages that it left are gone, not stray.
    """
    key, file, listed, entry = match
    if file is None:
        return _without_file(key, listed, entry, interrupted=interrupted)
    if listed is None:
        return Upload(file, "new", existed=entry is not None)
    if listed.size != file.size:
        return Upload(file, "content", existed=True)
    if entry is None or not _vouches(entry, listed):
        return Unknown(file, listed, entry)
    return _compared(file, entry.file.sha256, entry.file.headers)


def _without_file(
    key: str, listed: Listed | None, entry: Entry | None, *, interrupted: bool
) -> Gone | Stray:
    if entry is not None:
        return Gone(key, entry.file.kind, listed is not None)
    if interrupted and is_page(content_type(key)):
        return Gone(key, "page", listed=True)
    return Stray(key)


def _vouches(entry: Entry, listed: Listed) -> bool:
    """Say whether what is listed still is what the release stored.

    A change of only the headers leaves the ETag as it is, and makes it younger.
    """
    same = entry.etag == listed.etag and entry.file.size == listed.size
    return same and listed.modified <= entry.stored + CLOCK_STEP


def _compared(file: File, sha256: str, headers: Headers) -> Upload | None:
    if sha256 != file.sha256:
        return Upload(file, "content", existed=True)
    if headers != file.headers:
        return Upload(file, "headers", existed=True, before=headers)
    return None


def resolve(unknown: Unknown, head: Head | None) -> Entry | Upload:
    """Decide about an unknown object by its HEAD (None: it is gone by now).

    An Entry is one that is already right: it only has to be recorded in the next release.
    """
    if head is None:
        return Upload(unknown.file, "new", existed=True)
    return _compared(unknown.file, head.sha256, head.headers) or Entry(
        unknown.file, head.etag, head.version, head.modified
    )
