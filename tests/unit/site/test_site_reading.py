"""A build that several processes read is the build that one reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.config.model import Site
from deploy.errors import PreflightError
from deploy.site import forked
from deploy.site.reading import read, shares
from deploy.site.scan import WHOLE, Share, scan

KEYS = [f"assets/{number % 7}/part-{number:04}.js" for number in range(600)]


@pytest.fixture(params=["forked", "here"])
def how(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Pytest may have threads of its own, which these forks have nothing to do with."""
    threads = tmp_path / "threads"
    (threads / "1").mkdir(parents=True)
    if request.param == "here":
        (threads / "2").mkdir()
    monkeypatch.setattr(forked, "THREADS", str(threads))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return str(request.param)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site("frontend", tmp_path / "site", tmp_path / "site" / "dist")
    for key in KEYS:
        path = site.output / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)
    return site


@pytest.mark.usefixtures("how")
def test_the_files_are_all_there_in_order_and_again_from_memory(site: Site, tmp_path: Path) -> None:
    expected = list(scan(site))
    for _ in range(2):
        with read(site, tmp_path) as files:
            assert list(files) == expected
    (site.output / KEYS[300]).write_text("edited")
    with read(site, tmp_path) as files:
        assert list(files) == list(scan(site))


def test_there_is_a_share_for_each_core_where_a_fork_is_safe(how: str) -> None:
    assert shares() == ([Share(0, 2), Share(1, 2)] if how == "forked" else [WHOLE])


def test_each_key_belongs_to_one_share() -> None:
    def among(share: Share) -> Iterator[str]:
        return share.among(iter(KEYS))

    parts = [set(among(Share(number, 3))) for number in range(3)]
    assert sum(map(len, parts)) == len(KEYS)
    assert set.union(*parts) == set(among(WHOLE)) == set(KEYS)
    assert all(len(part) > len(KEYS) / 5 for part in parts)


@pytest.mark.usefixtures("how")
def test_what_any_of_them_can_not_read_is_told(site: Site, tmp_path: Path) -> None:
    for number in range(8):
        (site.output / f"broken-{number}").symlink_to("nowhere")
    with pytest.raises(PreflightError, match="leads to no file"), read(site, tmp_path) as files:
        list(files)
