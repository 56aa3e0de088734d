"""Alembic's revisions, read from their files without running them. Pure.

What a revision says of itself, and how revisions follow one another:
https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePath

from deploy.errors import ConfigError

ID, PARENTS = "revision", "down_revision"


@dataclass(frozen=True)
class Revision:
    """One revision: its id, those of its parents (none for the first one), its docstring's first
    line, and its file's name.
    """

    id: str
    parents: tuple[str, ...] = ()
    message: str = ""
    file: str = ""

    @property
    def title(self) -> str:
        """Return "0002 trips"."""
        return f"{self.id} {self.message}".strip()


@dataclass(frozen=True)
class History:
    """All revisions of a source by their ids, parents before children; `head` is "" for none."""

    revisions: Mapping[str, Revision]
    head: str = ""

    def upto(self, revision: str) -> tuple[str, ...]:
        """Return the ids of a revision and of all that it needs, parents first; () for "base"."""
        wanted, left = set[str](), [revision] if revision in self.revisions else []
        while left:
            wanted.add(each := left.pop())
            left += [parent for parent in self.revisions[each].parents if parent not in wanted]
        return tuple(each for each in self.revisions if each in wanted)


def is_revision(name: str) -> bool:
    """Whether Alembic takes a file of this name for a revision.

    https://github.com/sqlalchemy/alembic/blob/main/alembic/script/base.py
    """
    return name.endswith(".py") and not name.startswith((".#", "__init__"))


def parse(file: str, text: str) -> Revision:
    """Return the revision that a file says it is. Raises ConfigError for one that says none."""
    try:
        tree = ast.parse(text)
        values = dict(_assigned(tree))
        revision, parents = values[ID], values[PARENTS]
    except (SyntaxError, ValueError) as error:
        raise _broken(file, f"can't be read: {error}") from error
    except KeyError as error:
        raise _broken(file, f"has no `{error.args[0]}`") from error
    if not isinstance(revision, str) or not revision:
        raise _broken(file, f"`{ID}` is no text")
    message = (ast.get_docstring(tree) or "").partition("\n")[0]
    title = message or PurePath(file).stem.removeprefix(f"{revision}_").replace("_", " ")
    return Revision(revision, _ids(file, parents), title.rstrip("."), file)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """Yield the two variables that count. Raises ValueError where one is not plainly written."""
    for node in tree.body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and target.id in (ID, PARENTS) and value is not None:
                yield target.id, ast.literal_eval(value)


def _ids(file: str, parents: object) -> tuple[str, ...]:
    if parents is None:
        return ()
    given = (parents,) if isinstance(parents, str) else parents
    if not isinstance(given, tuple | list | set) or not all(isinstance(p, str) for p in given):
        raise _broken(file, f"`{PARENTS}` is neither text nor texts nor None")
    return tuple(given)


def _broken(file: str, why: str) -> ConfigError:
    return ConfigError(
        f"the revision {file} {why}",
        remedy="write it as `alembic revision` does; what is no revision belongs elsewhere",
    )


def history(found: Iterable[Revision]) -> History:
    """Return the revisions in order. Raises ConfigError for an id that two files have, a missing
    parent, a circle, and more than one head.
    """
    revisions: dict[str, Revision] = {}
    for each in found:
        if other := revisions.get(each.id):
            raise ConfigError(
                f"{other.file} and {each.file} are both revision {each.id}",
                remedy="give one of them another id, and name it in what comes after it",
            )
        revisions[each.id] = each
    _parents_are_there(revisions)
    return History({each: revisions[each] for each in _order(revisions)}, _head(revisions))


def _parents_are_there(revisions: Mapping[str, Revision]) -> None:
    for each in revisions.values():
        for parent in each.parents:
            if parent not in revisions:
                raise ConfigError(
                    f"{each.file} comes after revision {parent}, which is not there",
                    remedy="bring its file back, or correct `down_revision`",
                )


def _order(revisions: Mapping[str, Revision]) -> tuple[str, ...]:
    graph = {each.id: each.parents for each in sorted(revisions.values(), key=lambda r: r.id)}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1][::-1]
        raise ConfigError(
            f"the revisions go in a circle: {' after '.join(circle)}",
            remedy="correct `down_revision` in one of them",
        ) from error


def _head(revisions: Mapping[str, Revision]) -> str:
    parents = {parent for each in revisions.values() for parent in each.parents}
    heads = sorted(revisions.keys() - parents)
    if len(heads) > 1:
        raise ConfigError(
            f"there are {len(heads)} heads: {', '.join(revisions[each].title for each in heads)}",
            details=[f"{revisions[each].file}" for each in heads],
            remedy=f'join them: `alembic merge heads -m "merge"`; or let one come after the '
            f'other: `down_revision = "{heads[0]}"`',
        )
    return heads[0] if heads else ""
