"""The walls of the house: pure modules stay pure, and rooms don't import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
PURE_NAMES = {
    "check.py",
    "tree.py",
    "judge.py",
    "grants.py",
    "session.py",
    "plan.py",
    "watch.py",
    "diff.py",
    "fleet.py",
    "source.py",
    "poll.py",
    "observation.py",
    "stamp.py",
    "manifest.py",
    "headers.py",
    "hashed.py",
    "media_types.py",
    "merge.py",
    "decide.py",
    "guard.py",
    "shown.py",
    "invalidation.py",
    "releases.py",
    "pointer.py",
    "policy.py",
    "status.py",
    "operation.py",
    "verdict.py",
    "lock.py",
    "record.py",
    "saved.py",
    "revisions.py",
    "command.py",
    "history.py",
    "markdown.py",
    "loglines.py",
    "reorder.py",
    "oneoff.py",
    "stopped.py",
    "back.py",
    "spare.py",
    "resolve.py",
    "plain.py",
}
IMPURE = {
    "boto3",
    "botocore",
    "docker",
    "subprocess",
    "time",
    "random",
    "socket",
    "shutil",
    "tempfile",
    "jinja2",
    "requests",
    "httpx",
    "urllib.request",
}
# Attribute calls that read a clock or the disk, whatever they are called on.
IMPURE_CALLS = {
    "now",
    "utcnow",
    "today",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "exists",
    "is_file",
    "is_dir",
    "iterdir",
    "rglob",
    "unlink",
    "mkdir",
    "getenv",
}
# The configuration is a value that every room is given, and needs no library.
SHARED = {"deploy.config.model"}

MODULES = sorted(DEPLOY.rglob("*.py"))
ROOMS = sorted(path.name for path in DEPLOY.iterdir() if any(path.glob("*.py")))
PURE = [path for path in MODULES if path.name in PURE_NAMES and path.parent != DEPLOY]


def name_of(path: Path) -> str:
    return path.relative_to(DEPLOY).as_posix()


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def without_type_checking(tree: ast.Module) -> ast.Module:
    """Leave out what only the type checker imports."""

    class Remover(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | None:
            is_types = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if is_types else self.generic_visit(node)

    cleaned = Remover().visit(tree)
    assert isinstance(cleaned, ast.Module)
    return cleaned


def parsed(path: Path) -> ast.Module:
    return without_type_checking(ast.parse(path.read_text(), str(path)))


def test_there_is_something_to_check() -> None:
    assert {"plan.py", "watch.py", "diff.py", "poll.py"} <= {path.name for path in PURE}
    assert "service" in ROOMS


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_imports_nothing_that_touches_the_world(path: Path) -> None:
    found = {
        module
        for module in imports(parsed(path))
        if module in IMPURE or module.partition(".")[0] in IMPURE
    }
    assert not found


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_asks_neither_clock_nor_disk(path: Path) -> None:
    assert not {name for name in calls(parsed(path)) if name in IMPURE_CALLS or name == "open"}


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_imports_only_pure_modules_of_its_room(path: Path) -> None:
    siblings = {sibling.stem: sibling for sibling in path.parent.glob("*.py")}
    room = f"deploy.{path.parent.name}"
    imported = {module.removeprefix(f"{room}.") for module in imports(parsed(path))}
    effects = {
        siblings[name].name
        for name in imported & siblings.keys()
        if IMPURE & {module.partition(".")[0] for module in imports(parsed(siblings[name]))}
    }
    assert not effects


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_no_other_room(path: Path) -> None:
    room = path.relative_to(DEPLOY).parts[0]
    if room not in ROOMS:
        return  # a top-level module: deploy.pipeline joins the rooms
    foreign = {
        module
        for module in imports(ast.parse(path.read_text()))
        for other in ROOMS
        if other != room and f"{module}.".startswith(f"deploy.{other}.")
    }
    assert not {module for module in foreign if not is_shared(module)}


def is_shared(module: str) -> bool:
    return any(f"{module}.".startswith(f"{shared}.") for shared in SHARED)


def runs_at_import(node: ast.AST) -> Iterator[str]:
    """The imports that importing a module brings about: those outside of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child) if isinstance(child, ast.Import | ast.ImportFrom) else ()
            yield from runs_at_import(child)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_imports_a_heavy_library_when_it_is_imported(path: Path) -> None:
    heavy = {"boto3", "botocore", "docker", "pydantic", "rich", "jinja2"}
    found = {module.partition(".")[0] for module in runs_at_import(parsed(path))}
    allowed = {"pydantic"} if name_of(path) == "config/schema.py" else set()
    assert not found & (heavy - allowed)
