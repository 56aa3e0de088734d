"""A build that is looked at ahead: its files if it is up to date, and nothing else."""

import itertools
from pathlib import Path

import pytest

from deploy.ahead import ahead
from deploy.config.model import Config, Environment, Site
from deploy.errors import PreflightError
from deploy.site.build import build
from deploy.site.manifest import File
from deploy.site.scan import scan

COPY = ("sh", "-c", "mkdir -p dist; cp src/a.txt dist/index.html")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    root = tmp_path / "site"
    (root / "src").mkdir(parents=True)
    (root / "src/a.txt").write_text("one")
    site = Site("frontend", root, root / "dist", install=(), build=COPY)
    return Config(tmp_path, "demo", Environment("local", "us-east-1"), {}, {"frontend": site})


def built(config: Config) -> Path:
    """Build the site and return what was made."""
    site = config.sites["frontend"]
    build(site, config.state, lambda _: None, clock=itertools.count(0.0).__next__)
    return site.output


def read(config: Config, name: str = "frontend", *, rebuild: bool = False) -> list[File] | None:
    with ahead(config, name, rebuild=rebuild) as reading:
        files = reading.files() if reading else None
        return None if files is None else list(files)


def test_the_files_of_a_build_that_is_up_to_date(config: Config) -> None:
    built(config)
    assert read(config) == list(scan(config.sites["frontend"]))


def test_a_build_that_is_missing_or_out_of_date_has_none(config: Config) -> None:
    assert read(config) is None
    output = built(config)
    (output.parent / "src/a.txt").write_text("two")
    assert read(config) is None
    built(config)
    (output / "index.html").write_text("by hand")
    assert read(config) is None


def test_what_nobody_builds_is_read_as_it_is(config: Config) -> None:
    site = config.sites["frontend"]._replace(build=())
    given = config._replace(sites={"frontend": site})
    with pytest.raises(PreflightError, match="dist is missing"):
        read(given)
    site.output.mkdir()
    assert read(given) == []
    (site.output / "index.html").touch()
    assert [file.key for file in read(given) or ()] == ["index.html"]


def test_hashes_are_remembered_as_by_every_scan(config: Config) -> None:
    built(config)
    read(config)
    assert list((config.state / "sites").glob("frontend*.hashes"))


def test_nothing_is_read_of_what_is_built_in_any_case_or_not_there(config: Config) -> None:
    built(config)
    assert read(config, rebuild=True) is None
    assert read(config, "other") is None
