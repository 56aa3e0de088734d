"""Whether a site is built already: a stamp says what the last build was made from, and what of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from deploy.config.model import Site
from deploy.site.inputs import output_print, sources_hash


class Stamp(NamedTuple):
    """What the last build was made from, and what it left. "" for what is not known."""

    packages: str = ""
    sources: str = ""
    output: str = ""


def is_built(site: Site, state: Path, environ: Mapping[str, str]) -> bool:
    """Return whether `build` would find nothing to do. `state` is the project's `.shipway` folder.

    Waits for nobody: a build that runs leaves no stamp until it is done. Raises PreflightError if
    the sources can't be read.
    """
    if not site.build:
        return True
    return is_done(site, read(path_of(state, site)), sources_hash(site, environ))


def is_done(site: Site, stamp: Stamp, sources: str) -> bool:
    """Return whether a stamp vouches for what is in the output folder, made from `sources`."""
    if stamp.sources != sources or not stamp.output:
        return False
    return stamp.output == output_print(site.output)


def path_of(state: Path, site: Site) -> Path:
    """Return the file of a site's stamp."""
    return state / "sites" / f"{site.name}.json"


def read(path: Path) -> Stamp:
    """Return a stamp; an empty one for a file that is missing or damaged."""
    try:
        return Stamp(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return Stamp()


def write(path: Path, stamp: Stamp) -> None:
    """Write a stamp at once or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(stamp._asdict()), "utf-8")
    part.replace(path)
