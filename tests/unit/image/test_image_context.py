"""What counts for the hash of a build context, and what .dockerignore keeps out of it."""

import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.config.model import Build
from deploy.errors import PreflightError
from deploy.image.context import context_files, context_hash, ignore_file, rules_of, source_of

FILES = {"Dockerfile": "FROM scratch\n", "app/main.py": "print()\n", "app/lib/a.py": "a = 1\n"}


def made(root: Path, files: Mapping[str, str] = FILES) -> Build:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Build(context=root, dockerfile=root / "Dockerfile")


def kept(root: Path, ignore: str, *names: str) -> set[str]:
    made(root, dict.fromkeys(names, "x"))
    return set(context_files(root, rules_of(ignore)))


def test_two_clones_of_one_commit_have_one_tag(tmp_path: Path) -> None:
    first = made(tmp_path / "first")
    second = made(tmp_path / "second", dict(reversed(FILES.items())))
    os.utime(second.dockerfile, (0, 0))
    second.dockerfile.chmod(0o600)
    (second.context / "empty").mkdir()
    assert source_of(first) == source_of(second)


def test_a_changed_byte_changes_the_tag(tmp_path: Path) -> None:
    build = made(tmp_path)
    before = source_of(build)
    (tmp_path / "app/lib/a.py").write_text("a = 2\n")
    assert source_of(build) != before


def test_a_renamed_file_changes_the_tag(tmp_path: Path) -> None:
    build = made(tmp_path)
    before = source_of(build)
    (tmp_path / "app/lib/a.py").rename(tmp_path / "app/lib/b.py")
    assert source_of(build) != before


def test_the_executable_bit_changes_the_tag(tmp_path: Path) -> None:
    build = made(tmp_path)
    before = source_of(build)
    (tmp_path / "app/main.py").chmod(0o755)
    assert source_of(build) != before


def test_a_link_counts_by_its_target_and_not_by_what_is_there(tmp_path: Path) -> None:
    build = made(tmp_path / "context")
    outside = tmp_path / "outside"
    outside.write_text("1")
    link = build.context / "link"
    link.symlink_to(outside)
    before = source_of(build)
    outside.write_text("2")
    assert source_of(build) == before
    link.unlink()
    link.symlink_to("app")
    assert source_of(build) != before


def test_an_ignored_file_does_not_count(tmp_path: Path) -> None:
    build = made(tmp_path, {**FILES, ".dockerignore": "**/*.log\n.dockerignore\n"})
    before = source_of(build)
    (tmp_path / "app/debug.log").write_text("noise")
    assert source_of(build) == before


def test_a_file_that_is_no_longer_ignored_counts(tmp_path: Path) -> None:
    build = made(tmp_path, {**FILES, ".dockerignore": "app/lib\n.dockerignore\n"})
    before = source_of(build)
    (tmp_path / ".dockerignore").write_text(".dockerignore\n")
    assert source_of(build) != before


def test_a_dockerfile_counts_even_if_it_is_ignored_or_elsewhere(tmp_path: Path) -> None:
    build = made(tmp_path / "context", {**FILES, ".dockerignore": "Dockerfile\n"})
    elsewhere = tmp_path / "Dockerfile"
    for dockerfile in (build.dockerfile, elsewhere):
        dockerfile.write_text("FROM scratch\n")
        chosen = build._replace(dockerfile=dockerfile)
        before = source_of(chosen)
        dockerfile.write_text("FROM scratch\nLABEL a=b\n")
        assert source_of(chosen) != before


def test_the_dockerfiles_own_ignore_file_goes_first(tmp_path: Path) -> None:
    build = made(tmp_path, {**FILES, ".dockerignore": "app\n"})
    assert ignore_file(build) == tmp_path / ".dockerignore"
    own = tmp_path / "Dockerfile.dockerignore"
    own.write_text("app/lib\n")
    assert ignore_file(build) == own


# The cases of https://docs.docker.com/build/concepts/context/#syntax, and some of BuildKit's own.
@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        (
            "# a comment\n\n.\n",
            {"a.md", "README.md", "src/a.py", "src/deep/b.py", "src/deep/c.txt"},
        ),
        ("*.md\n!README.md\n", {"README.md", "src/a.py", "src/deep/b.py", "src/deep/c.txt"}),
        ("!README.md\n*.md\n", {"src/a.py", "src/deep/b.py", "src/deep/c.txt"}),
        ("/src/\n", {"a.md", "README.md"}),
        ("src/deep/../deep\n", {"a.md", "README.md", "src/a.py"}),
        ("*/*.py\n", {"a.md", "README.md", "src/deep/b.py", "src/deep/c.txt"}),
        ("**/*.py\n", {"a.md", "README.md", "src/deep/c.txt"}),
        ("**/deep\n", {"a.md", "README.md", "src/a.py"}),
        ("?.md\n", {"README.md", "src/a.py", "src/deep/b.py", "src/deep/c.txt"}),
        ("[^R]*.md\n", {"README.md", "src/a.py", "src/deep/b.py", "src/deep/c.txt"}),
        ("*\n!src/deep/b.py\n", {"src/deep/b.py"}),
        ("*\n!**/*.py\n", {"src/a.py", "src/deep/b.py"}),
        ("*\n!src\nsrc/deep\n", {"src/a.py"}),
        ("\ufeffsrc  \n", {"a.md", "README.md"}),
    ],
)
def test_dockerignore_means_what_buildkit_means(
    tmp_path: Path, ignore: str, left: set[str]
) -> None:
    names = ("a.md", "README.md", "src/a.py", "src/deep/b.py", "src/deep/c.txt")
    assert kept(tmp_path, ignore, *names) == left


def test_a_pipe_is_no_part_of_a_context(tmp_path: Path) -> None:
    build = made(tmp_path)
    before = context_hash(build)
    os.mkfifo(tmp_path / "pipe")
    assert context_hash(build) == before


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="nowhere") as caught:
        source_of(Build(context=tmp_path / "nowhere", dockerfile=tmp_path / "nowhere/Dockerfile"))
    assert caught.value.remedy


@given(st.permutations(["a", "b/c", "b.c", "B", "é"]))
def test_order_of_creation_does_not_count(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    build = made(tmp_path_factory.mktemp("context"), {name: name for name in names})
    reference = made(tmp_path_factory.mktemp("context"), {name: name for name in sorted(names)})
    assert context_hash(build) == context_hash(reference)


def test_ten_thousand_files_take_little_longer_than_to_read_them(tmp_path: Path) -> None:
    for number in range(10_000):
        folder = tmp_path / str(number % 100)
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.txt").write_text("x")
    build = made(tmp_path, {**FILES, ".dockerignore": "**/*.log\n**/.git\n!**/kept.log\n"})
    start = perf_counter()
    for path in tmp_path.rglob("*.txt"):
        path.read_bytes()
    read = perf_counter()
    context_hash(build)
    assert perf_counter() - read < 10 * (read - start)  # 1.5 to 2.3 times
