"""Which files of a build context reach the builder, and one hash over them.

The rules of .dockerignore are BuildKit's: the last rule that matches a path or one of its parents
decides, and `<Dockerfile>.dockerignore` beside the Dockerfile goes before the context's own file
(https://docs.docker.com/build/concepts/context/#dockerignore-files). docker-py reads the
patterns; its walker is not used because it drops a folder that a later `!**/name` brings back, as
BuildKit does since 0.10 (an older one copies less than is counted here, which does no harm).
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.config.model import Build
from deploy.errors import PreflightError
from deploy.image.source import source_tag


@dataclass(frozen=True)
class Rule:
    """One line of a .dockerignore. `literal` is its path if it has no wildcard, else None."""

    pattern: re.Pattern[str]
    keeps: bool  # it starts with "!"
    literal: str | None

    def may_keep_below(self, folder: str) -> bool:
        return self.keeps and (self.literal is None or self.literal.startswith(f"{folder}/"))


Matches = tuple[bool, ...]  # which rules a path or one of its parents matched


def rules_of(text: str) -> tuple[Rule, ...]:
    """Parse a .dockerignore's text. Blank lines and those that start with "#" say nothing."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines() if line[:1] != "#"]
    rules = (_rule(line) for line in lines if line)
    return tuple(rule for rule in rules if rule)


def _rule(line: str) -> Rule | None:
    from docker.utils.build import Pattern
    from docker.utils.fnmatch import translate

    keeps = line.startswith("!")
    path = "/".join(Pattern.normalize(line.removeprefix("!")))
    if not path:
        return None  # "." is ignored, as Docker does
    literal = None if re.search(r"[*?\[]", path) else path
    return Rule(re.compile(translate(path.replace("[^", "[!"))), keeps, literal)


def _matches(rules: tuple[Rule, ...], path: str, parent: Matches) -> Matches:
    return tuple(
        above or rule.pattern.match(path) is not None
        for rule, above in zip(rules, parent, strict=True)
    )


def _ignored(rules: tuple[Rule, ...], matches: Matches) -> bool:
    for rule, matched in zip(reversed(rules), reversed(matches), strict=True):
        if matched:
            return not rule.keeps
    return False


def context_files(root: Path, rules: tuple[Rule, ...] = ()) -> Iterator[str]:
    """Yield each file and symbolic link below `root` that no rule ignores, in no order.

    Paths are relative with "/" between their parts. As in git a folder is only in the names of its
    files, so an empty one counts for nothing; sockets, pipes and devices are no part of a context.
    """
    yield from _walk(root, "", rules, (False,) * len(rules))


def _walk(root: Path, folder: str, rules: tuple[Rule, ...], above: Matches) -> Iterator[str]:
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            matches = _matches(rules, path, above)
            ignored = _ignored(rules, matches)
            if entry.is_dir(follow_symlinks=False):
                if not ignored or any(rule.may_keep_below(path) for rule in rules):
                    yield from _walk(root, path, rules, matches)
            elif not ignored and (entry.is_symlink() or entry.is_file()):
                yield path


def ignore_file(build: Build) -> Path | None:
    """Return the .dockerignore that holds for `build`, None if there is none."""
    own = build.dockerfile.with_name(f"{build.dockerfile.name}.dockerignore")
    shared = build.context / ".dockerignore"
    return next((path for path in (own, shared) if path.is_file()), None)


def context_hash(build: Build) -> str:
    """Return the SHA-256 (hexadecimal) of all that the builder gets to see of the context.

    That is each file's path, content and executable bit, and each symbolic link's target; not its
    times, owner or other permissions, so two clones of one commit have the same hash. Raises
    PreflightError if a file can't be read.
    """
    ignore = ignore_file(build)
    total = hashlib.sha256()
    try:
        rules = rules_of(ignore.read_text("utf-8", "replace")) if ignore else ()
        for path in sorted(context_files(build.context, rules), key=os.fsencode):
            for part in _entry(build.context / path):
                total.update(part)
            total.update(os.fsencode(path) + b"\0")  # no path and no digest holds a NUL
    except OSError as error:
        raise _unreadable(error) from error
    return total.hexdigest()


def _entry(path: Path) -> tuple[bytes, bytes]:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return b"link\0", os.fsencode(path.readlink().as_posix()) + b"\0"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    executable = status.st_mode & stat.S_IXUSR
    return b"program\0" if executable else b"file\0", digest.encode() + b"\0"


def _unreadable(error: OSError) -> PreflightError:
    return PreflightError(
        f"the build context can't be read: {error.filename}: {error.strerror}",
        remedy="make it readable, or list it in .dockerignore if the image does not need it",
    )


def source_of(build: Build) -> str:
    """Read the context and the Dockerfile of `build` and return its source tag.

    Raises PreflightError if one of them can't be read.
    """
    try:
        dockerfile = build.dockerfile.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error
    return source_tag(context_hash(build), dockerfile, build.args, build.platform)
