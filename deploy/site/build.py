"""Build a site by its own commands, unless what they would make is there already."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy import process
from deploy.config.model import Site
from deploy.errors import BuildError, ToolError
from deploy.events import Emit, Note, PhaseOutput
from deploy.site import built
from deploy.site.built import Stamp
from deploy.site.inputs import output_print, packages_hash, sources_hash
from deploy.site.phase import phase

# A build is told the hash of its own sources, which a page may show: it changes exactly when the
# build does, unlike a commit.
SOURCE_TAG, TAG_DIGITS = "SOURCE_TAG", 20
SHOWN_LINES = 20  # of a failed tool's last output
# Variables whose values must not show in the tools' output, if they are long enough to be secrets.
SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|_KEY(_ID)?$", re.IGNORECASE)
SHORTEST_SECRET = 6  # characters; anything shorter would blot out half of the output


def build(
    site: Site,
    state: Path,
    emit: Emit,
    *,
    clock: Callable[[], float],
    rebuild: bool = False,
) -> bool:
    """Install and build `site` as far as it takes; return whether its build ran.

    `state` is the project's `.shipway` folder, where a stamp is kept; `clock` is in seconds.
    `rebuild` believes no stamp; without a `site.build` there is nothing to run. One build of a
    site runs at a time in a working tree; another waits for it, and then finds it done. Raises
    BuildError with the tool's last lines if a command fails or leaves no output, PreflightError if
    the sources can't be read.
    """
    if not site.build:
        return False
    folder = state / "sites"
    with _alone(folder / f"{site.name}.lock", site, emit):
        path = built.path_of(state, site)
        stamp = Stamp() if rebuild else built.read(path)
        sources = sources_hash(site, os.environ)
        if built.is_done(site, stamp, sources):
            return False
        # A stamp that is there while a command runs would vouch for what it has half done.
        packages = _install(site, path, stamp, emit, clock)
        built.write(path, Stamp(packages=packages))
        with phase(f"build {site.name}", emit, clock, " ".join(site.build)) as running:
            _run(site, site.build, running.name, emit, {SOURCE_TAG: f"src-{sources[:TAG_DIGITS]}"})
            made = _made(site)
        built.write(path, Stamp(packages, sources, made))
        return True


def _install(site: Site, path: Path, stamp: Stamp, emit: Emit, clock: Callable[[], float]) -> str:
    """Install the packages unless those of the lock file are there; return the lock's hash."""
    packages = packages_hash(site)
    missing = (site.root / "package.json").exists() and not (site.root / "node_modules").exists()
    if not site.install or (stamp.packages == packages and not missing):
        return packages
    built.write(path, Stamp())
    with phase(f"install {site.name}", emit, clock, " ".join(site.install)) as running:
        _run(site, site.install, running.name, emit)
    return packages


def _made(site: Site) -> str:
    made = output_print(site.output)
    if made:
        return made
    raise BuildError(
        f"the build of site {site.name} ended well but left nothing in {site.output}",
        remedy=f"set `output` of [sites.{site.name}] in deploy.toml to the folder that it writes",
    )


def _run(
    site: Site,
    argv: tuple[str, ...],
    name: str,
    emit: Emit,
    more: Mapping[str, str] | None = None,
) -> None:
    variables = {**(more or {}), **site.environment}
    try:
        process.run(
            argv,
            cwd=site.root,
            env=variables,
            secrets=secret_values({**os.environ, **variables}),
            on_line=lambda line: emit(PhaseOutput(name, line)),
        )
    except ToolError as error:
        remedy = f"run `{' '.join(argv)}` in {site.root} to see it by itself; nothing was deployed"
        raise BuildError(
            f"site {site.name} was not built: {error.message}",
            details=error.details[-SHOWN_LINES:],
            remedy=error.remedy or remedy,
        ) from error


def secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that the tools' output must not show, the longest first.

    Variables that the bundle shows anyway (VITE_...) are no secrets.
    """
    found = {
        value
        for name, value in environ.items()
        if SECRET_NAME.search(name)
        and not name.startswith("VITE_")
        and len(value) >= SHORTEST_SECRET
    }
    return tuple(sorted(found, key=len, reverse=True))


@contextmanager
def _alone(path: Path, site: Site, emit: Emit) -> Iterator[None]:
    """Hold the lock of a site's build. The system frees it when the process ends, however."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            emit(Note(f"another build of site {site.name} runs here; waiting for it"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
