"""A site is built by its own commands, and not twice."""

import itertools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.config.model import Site
from deploy.errors import BuildError
from deploy.events import Event, Note, PhaseEnded, PhaseOutput, PhaseStarted
from deploy.site.build import build, secret_values

COPY = ("sh", "-c", "echo run >>../runs; mkdir -p dist; cat src/*.txt >dist/index.html")
INSTALL = ("sh", "-c", "echo run >>../installs; mkdir -p node_modules")


class World:
    """A site's folder, what its commands did, and what was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "site"
        (self.root / "src").mkdir(parents=True)
        (self.root / "package.json").write_text("{}")
        (self.root / "package-lock.json").write_text("{}")
        (self.root / "src/a.txt").write_text("one")
        self.site = Site(
            name="frontend", root=self.root, output=self.root / "dist", install=INSTALL, build=COPY
        )
        self.events: list[Event] = []

    def build(self, site: Site | None = None, *, rebuild: bool = False) -> bool:
        clock = itertools.count(0.0).__next__
        state = self.folder / ".shipway"
        return build(site or self.site, state, self.events.append, clock=clock, rebuild=rebuild)

    def count(self, name: str) -> int:
        path = self.folder / name
        return len(path.read_text().split()) if path.exists() else 0

    @property
    def phases(self) -> list[str]:
        return [event.phase for event in self.events if isinstance(event, PhaseStarted)]

    @property
    def lines(self) -> list[str]:
        return [event.line for event in self.events if isinstance(event, PhaseOutput)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_first_time_it_installs_and_builds(world: World) -> None:
    assert world.build()
    assert world.phases == ["install frontend", "build frontend"]
    assert (world.root / "dist/index.html").read_text() == "one"


def test_what_is_built_is_not_built_again(world: World) -> None:
    world.build()
    world.events.clear()
    assert not world.build()
    assert world.events == []
    assert (world.count("runs"), world.count("installs")) == (1, 1)


def test_a_touched_source_is_the_same_source(world: World) -> None:
    world.build()
    os.utime(world.root / "src/a.txt", (1, 1))
    assert not world.build()


def edit_source(world: World) -> None:
    (world.root / "src/a.txt").write_text("two")


def edit_source_of_same_size_and_time(world: World) -> None:
    path = world.root / "src/a.txt"
    before = path.stat()
    path.write_text("ONE")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_source(world: World) -> None:
    (world.root / "src/b.txt").write_text("more")


def rename_source(world: World) -> None:
    (world.root / "src/a.txt").rename(world.root / "src/z.txt")


def edit_output(world: World) -> None:
    path = world.root / "dist/index.html"
    before = path.stat()
    path.write_text("ONE")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def remove_output(world: World) -> None:
    (world.root / "dist/index.html").unlink()
    (world.root / "dist").rmdir()


def spoil_stamp(world: World) -> None:
    (world.folder / ".shipway/sites/frontend.json").write_text("{")


@pytest.mark.parametrize(
    "change",
    [
        edit_source,
        edit_source_of_same_size_and_time,
        add_source,
        rename_source,
        edit_output,
        remove_output,
        spoil_stamp,
    ],
)
def test_it_builds_again_after(world: World, change: Callable[[World], None]) -> None:
    world.build()
    change(world)
    assert world.build()
    assert world.count("runs") == 2


def test_another_command_builds_again(world: World) -> None:
    world.build()
    assert world.build(world.site._replace(build=("sh", "-c", "echo other >dist/index.html")))


def test_another_variable_builds_again(world: World) -> None:
    world.build()
    assert world.build(world.site._replace(environment={"API": "elsewhere"}))


def test_a_variable_that_the_bundle_shows_builds_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.build()
    monkeypatch.setenv("SOMETHING", "else")
    assert not world.build()
    monkeypatch.setenv("VITE_TITLE", "new")
    assert world.build()


def test_what_the_build_writes_beside_its_output_does_not_count(world: World) -> None:
    site = world.site._replace(build=("sh", "-c", f"date >tsconfig.tsbuildinfo; {COPY[2]}"))
    world.build(site)
    assert not world.build(site)


def test_rebuild_installs_and_builds_anew(world: World) -> None:
    world.build()
    assert world.build(rebuild=True)
    assert (world.count("runs"), world.count("installs")) == (2, 2)


def test_packages_are_installed_again_only_for_another_lock_file(world: World) -> None:
    world.build()
    edit_source(world)
    world.build()
    assert world.count("installs") == 1
    (world.root / "package-lock.json").write_text('{"new": 1}')
    world.build()
    assert world.count("installs") == 2


def test_packages_that_are_gone_are_installed_again(world: World) -> None:
    world.build()
    (world.root / "node_modules").rmdir()
    edit_source(world)
    world.build()
    assert world.count("installs") == 2


def test_a_half_done_install_is_done_again(world: World) -> None:
    world.build()
    (world.root / "node_modules").rmdir()
    edit_source(world)
    broken = world.site._replace(install=("sh", "-c", "mkdir node_modules; exit 3"))
    with pytest.raises(BuildError):
        world.build(broken)
    world.build()
    assert world.count("installs") == 2


def test_a_failed_build_shows_its_last_lines_and_is_tried_again(world: World) -> None:
    world.build()
    broken = world.site._replace(build=("sh", "-c", "seq 100; echo src/App.tsx: no >&2; exit 2"))
    with pytest.raises(BuildError, match="exit code 2") as caught:
        world.build(broken)
    assert caught.value.details[-2:] == ("100", "src/App.tsx: no")
    assert len(caught.value.details) == 20
    assert "nothing was deployed" in caught.value.remedy
    assert isinstance(world.events[-1], PhaseEnded)
    assert not world.events[-1].ok
    assert world.build()


def test_a_build_that_leaves_nothing_is_an_error(world: World) -> None:
    with pytest.raises(BuildError, match="left nothing in"):
        world.build(world.site._replace(build=("true",)))
    with pytest.raises(BuildError, match="left nothing in"):
        world.build(world.site._replace(build=("mkdir", "-p", "dist/assets")))


def test_a_tool_that_is_missing_is_named(world: World) -> None:
    with pytest.raises(BuildError, match="no-such-tool is not installed") as caught:
        world.build(world.site._replace(install=("no-such-tool",)))
    assert "PATH" in caught.value.remedy


def test_a_site_without_a_build_runs_nothing(world: World) -> None:
    assert not world.build(world.site._replace(build=()))
    assert world.events == []


def test_its_commands_get_its_variables(world: World) -> None:
    site = world.site._replace(build=("sh", "-c", f'echo "api: $API"; {COPY[2]}'))
    world.build(site._replace(environment={"API": "/api"}))
    assert "api: /api" in world.lines


def test_a_build_is_told_the_hash_of_its_sources(world: World) -> None:
    site = world.site._replace(build=("sh", "-c", f'echo "$SOURCE_TAG"; {COPY[2]}'))
    world.build(site)
    world.build(site, rebuild=True)
    (world.root / "src/a.txt").write_text("two")
    world.build(site)
    first, again, changed = [line for line in world.lines if line.startswith("src-")]
    assert first == again != changed


def test_secrets_of_the_environment_do_not_show(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    with pytest.raises(BuildError) as caught:
        world.build(world.site._replace(build=("sh", "-c", "env; exit 1")))
    assert "AWS_SECRET_ACCESS_KEY=[REDACTED]" in world.lines
    assert not [line for line in caught.value.details if "wJalrXUtnFEMI" in line]


def test_what_is_shown_anyway_is_no_secret() -> None:
    environ = {"VITE_TOKEN": "in-the-bundle", "NPM_TOKEN": "npm_123456", "X_TOKEN": "short"}
    assert secret_values(environ) == ("npm_123456",)


def test_one_build_of_a_site_runs_at_a_time(world: World) -> None:
    """The second waits for the first, and finds its work done."""
    python = "import pathlib, time\nwhile not pathlib.Path('../go').exists(): time.sleep(0.01)"
    slow = world.site._replace(build=("sh", "-c", f'{sys.executable} -c "{python}"; {COPY[2]}'))
    waits = threading.Event()

    def receive(event: Event) -> None:
        world.events.append(event)
        if isinstance(event, Note) and "waiting" in event.text:
            waits.set()

    built: list[bool] = []

    def run() -> None:
        built.append(build(slow, world.folder / ".shipway", receive, clock=lambda: 0.0))

    both = [threading.Thread(target=run) for _ in range(2)]
    for thread in both:
        thread.start()
    assert waits.wait(20)
    (world.folder / "go").touch()
    for thread in both:
        thread.join(20)
    assert sorted(built) == [False, True]
    assert world.count("runs") == 1
