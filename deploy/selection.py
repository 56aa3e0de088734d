"""Which services and sites of deploy.toml a command is about: `--only`, `--except`. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from deploy.config.model import Config
from deploy.errors import ConfigError


class Selection(NamedTuple):
    """Names in the order of deploy.toml."""

    services: tuple[str, ...]
    sites: tuple[str, ...]


def listed(text: str) -> tuple[str, ...]:
    """Return the names in `a,b`, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def select(config: Config, only: Sequence[str] = (), but: Sequence[str] = ()) -> Selection:
    """Return the services and sites of `only` (empty: all) without those of `but`.

    Raises ConfigError, naming those that are defined, for a name that is none of theirs, and if
    nothing is left.
    """
    defined = (*config.services, *config.sites)
    for option, names in (("--only", only), ("--except", but)):
        unknown = [name for name in names if name not in defined]
        if unknown:
            raise ConfigError(
                f"{option}: deploy.toml has no service or site {', '.join(unknown)}",
                remedy=f"{option} takes some of: {', '.join(dict.fromkeys(defined))}",
            )
    chosen = {name for name in only or defined if name not in but}
    if not chosen and defined:
        raise ConfigError("--only and --except leave nothing", remedy="leave one of them out")
    return Selection(
        tuple(name for name in config.services if name in chosen),
        tuple(name for name in config.sites if name in chosen),
    )
