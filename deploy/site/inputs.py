"""What a site's build is made from, and what it made: one hash each, so nothing is built twice.

It counts every file below the site's root, the commands, and the variables that a build tool puts
into its bundle. It does not count what is made from these: node_modules (package-lock.json stands
for it), the output, and TypeScript's incremental state.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.config.model import STATE, Site
from deploy.errors import PreflightError

FORMAT = 1  # raised when the same inputs must be built anew
PASSED_OVER = frozenset({"node_modules", ".git", STATE})
INCREMENTAL = ".tsbuildinfo"
# The files that an `npm ci`, or its like, goes by.
LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock")
# Vite shows variables of this prefix to the site's code: https://vite.dev/guide/env-and-mode
SHOWN = "VITE_"


def sources_hash(site: Site, environ: Mapping[str, str]) -> str:
    """Return the SHA-256 (hexadecimal) of all that `site`'s build sees of its sources.

    Times and owners don't count, so two clones of one commit have the same. Raises PreflightError
    if a file can't be read.
    """
    total = hashlib.sha256(_settings(site, environ).encode())
    try:
        for path in _files(site.root, passed_over=site.output):
            total.update(os.fsencode(path.relative_to(site.root).as_posix()) + b"\0")
            total.update(_content(path))
    except OSError as error:
        raise PreflightError(
            f"the sources of site {site.name} can't be read: {error.filename}: {error.strerror}",
            remedy=f"see that {site.root} is there and readable",
        ) from error
    return total.hexdigest()


def _settings(site: Site, environ: Mapping[str, str]) -> str:
    seen = {name: value for name, value in environ.items() if name.startswith(SHOWN)}
    seen["NODE_ENV"] = environ.get("NODE_ENV", "")
    variables = {**seen, **site.environment}
    return json.dumps([FORMAT, site.install, site.build, variables], sort_keys=True)


def _files(root: Path, *, passed_over: Path) -> Iterator[Path]:
    """Yield each file and symbolic link below `root` that counts, in one order everywhere."""
    with os.scandir(root) as found:
        entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in PASSED_OVER and path != passed_over:
                yield from _files(path, passed_over=passed_over)
        elif entry.is_symlink() or (entry.is_file() and not entry.name.endswith(INCREMENTAL)):
            yield path


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return b"link " + os.fsencode(path.readlink()) + b"\0"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def packages_hash(site: Site) -> str:
    """Return the SHA-256 of what `site.install` goes by: its words and the lock files."""
    total = hashlib.sha256(json.dumps([FORMAT, site.install]).encode())
    for name in LOCKS:
        path = site.root / name
        total.update(path.read_bytes() if path.is_file() else b"\0")
    return total.hexdigest()


def output_print(output: Path) -> str:
    """Return a hash over the names, sizes and times of the files below `output`, "" for none.

    The time of the last change of status is in it, which no tool sets back: a file that was edited
    after the build shows.
    """
    if not output.is_dir():
        return ""
    total, count = hashlib.sha256(), 0
    for path in _files(output, passed_over=output):
        found = path.lstat()
        line = (
            f"{path.relative_to(output)}\0{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
        )
        total.update(os.fsencode(line) + b"\0")
        count += 1
    return total.hexdigest() if count else ""
