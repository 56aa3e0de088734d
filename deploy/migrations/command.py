"""What `invoke migrate` runs, and what is known of the database afterwards. Pure.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#running-our-first-migration
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.errors import ConfigError
from deploy.migrations.record import MigrationRecord
from deploy.migrations.revisions import History

UP, DOWN = "upgrade", "downgrade"
HEADS, BASE, BEFORE = ("head", "heads"), "base", "-1"
NAMED = 20  # revisions that an error names
_STEPS = re.compile(r"[+-][1-9]\d*")


@dataclass(frozen=True)
class Step:
    """One migration that was asked for. `to` is a revision's id, "head", "base", or steps such as
    "-1"; "" is what `migrate` says by itself. `words` is the command.
    """

    words: tuple[str, ...]
    to: str = ""
    down: bool = False


def step(migrate: Sequence[str], history: History, to: str, *, down: bool) -> Step:
    """Return what to run. Raises ConfigError for a revision that the source does not have, naming
    those that it has, and for a command that has no way down.
    """
    wanted = _found(history, to or (BEFORE if down else ""))
    if wanted in (HEADS if down else (BASE,)):
        raise ConfigError(
            f"{wanted} is not where that leads",
            remedy=f"`--down --to {BASE}` takes everything back, `--to head` applies everything",
        )
    if not wanted:
        return Step(tuple(migrate))
    if down and UP not in migrate:
        raise ConfigError(
            f"there is no `{UP}` in `migrate`, so nobody knows the command for the way down",
            remedy="run it yourself: `invoke run -- COMMAND`",
        )
    words = [DOWN if down and word == UP else word for word in migrate[:-1]]
    return Step((*words, wanted), wanted, down)


def _found(history: History, to: str) -> str:
    """Return the id that `to` is or begins, or `to` itself where it is no id."""
    if not to or to in (*HEADS, BASE, *history.revisions) or _STEPS.fullmatch(to):
        return to
    found = [each for each in history.revisions if each.startswith(to)]
    if len(found) == 1:
        return found[0]
    known = [each.title for each in history.revisions.values()]
    raise ConfigError(
        f"{to} names {'more than one revision' if found else 'no revision'}",
        details=known[-NAMED:],
        remedy="name one of these, `head`, `base`, or steps such as -1",
    )


def before(known: MigrationRecord | None, asked: Step) -> tuple[str, ...] | None:
    """Return which revisions are surely applied while `asked` runs, None if nobody knows.

    Half of a way down may be gone when it breaks off.
    """
    return None if known is None or asked.down else known.applied


def after(
    history: History, known: MigrationRecord | None, asked: Step, *, same_source: bool
) -> tuple[str, ...] | None:
    """Return which revisions are applied after `asked` has succeeded, None if nobody knows.

    `known` is what was known of this very database. `same_source` says that the image was built
    from the source that `history` is of: if not, its newest revision may be another one.
    """
    if not asked.to or asked.to in HEADS:
        return tuple(history.revisions) if same_source else None
    if _STEPS.fullmatch(asked.to):
        return _back(history, known, int(asked.to)) if asked.down else None
    there = history.upto(asked.to)
    if asked.down:
        return there
    had = (known.applied if known else None) or ()
    return (*had, *(each for each in there if each not in had))


def _back(history: History, known: MigrationRecord | None, steps: int) -> tuple[str, ...] | None:
    """Go back so many steps; at a merge, or from an unknown place, nobody knows where that is."""
    if known is None or known.applied is None or steps > 0:
        return None
    at = known.revision
    for _ in range(-steps):
        parents = history.revisions[at].parents if at in history.revisions else ("", "")
        if len(parents) > 1:
            return None
        at = parents[0] if parents else ""
    return history.upto(at)


def newest(history: History, applied: Sequence[str] | None) -> str:
    """Return the newest of the applied revisions, "" for none. Of those that the source does not
    have, it is the last.
    """
    for each in reversed(applied or ()):
        if each not in history.revisions:
            return each
    ours = [each for each in history.revisions if each in (applied or ())]
    return ours[-1] if ours else ""
