"""Hashes that are kept from one scan to the next: what is read again, and what is not."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.config.model import Site
from deploy.site import known, scan
from deploy.site.manifest import File

Change = Callable[[Path], None]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site("frontend", tmp_path, tmp_path / "dist")
    for key in ("a.js", "b/c.txt", "b/😀 \n.html", "z.svg"):
        path = site.output / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"this is {key}".encode())
    return site


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / ".shipway" / "sites" / "frontend.hashes"


def settled(site: Site, memory: Path) -> list[File]:
    """Scan once the disk's clock has moved on, so that each file is remembered."""
    probe = memory.with_name("probe")
    probe.parent.mkdir(parents=True, exist_ok=True)
    newest = max(path.lstat().st_ctime_ns for path in site.output.rglob("*"))
    deadline = time.monotonic() + 10
    probe.write_bytes(b"")
    while probe.stat().st_ctime_ns <= newest:
        assert time.monotonic() < deadline, "the disk's clock stands still"
        time.sleep(0.001)
        probe.write_bytes(b"")
    return list(scan.scan(site, memory))


def read_again(site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Scan, and return the keys of the files that were read for it."""
    keys: list[str] = []
    check = scan._check_key

    def checked(key: str) -> None:
        keys.append(key)
        check(key)

    with monkeypatch.context() as patched:
        patched.setattr(scan, "_check_key", checked)
        found = list(scan.scan(site, memory))
    assert found == list(scan.scan(site)), "a scan without memory finds the same"
    return sorted(keys)


def test_files_that_have_not_changed_are_not_read_again(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(site, memory)
    assert read_again(site, memory, monkeypatch) == []


@pytest.mark.parametrize("block", [1, 7, 64])
def test_a_cache_is_the_same_however_it_is_read(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    settled(site, memory)
    monkeypatch.setattr(known, "BLOCK", block)
    assert read_again(site, memory, monkeypatch) == []


@pytest.mark.parametrize("size", [0, 12, scan.IN_MEMORY + 1])
def test_a_file_that_was_only_touched_is_the_same(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """It is read, and remembered from then on with its new times."""
    path = site.output / "a.js"
    path.write_bytes(b"x" * size)
    before = settled(site, memory)
    os.utime(path, (1, 1))
    assert read_again(site, memory, monkeypatch) == ["a.js"]
    assert settled(site, memory) == before
    assert read_again(site, memory, monkeypatch) == []


def replaced_in_place(path: Path) -> None:
    path.write_bytes(path.read_bytes().upper())


def replaced_by_rename(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes().upper())
    other.rename(path)


def replaced_by_an_older_file(path: Path) -> None:
    """By one that was there before the first scan, and has the same size and time."""
    (path.parents[1] / "prepared").rename(path)


@pytest.mark.parametrize(
    "change", [replaced_in_place, replaced_by_rename, replaced_by_an_older_file]
)
def test_an_edit_that_keeps_size_and_time_is_noticed(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    path, prepared = site.output / "a.js", site.root / "prepared"
    prepared.write_bytes(path.read_bytes().upper())
    before = path.stat()
    os.utime(prepared, ns=(before.st_atime_ns, before.st_mtime_ns))
    settled(site, memory)
    change(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert read_again(site, memory, monkeypatch) == ["a.js"]
    found = {file.key: file.sha256 for file in scan.scan(site, memory)}
    assert found["a.js"] == hashlib.sha256(b"THIS IS A.JS").hexdigest()


def test_an_edit_in_the_tick_of_the_scan_is_noticed(site: Site, memory: Path) -> None:
    """The disk's clock moves in steps: a write after the scan may have the time of one before."""
    path = site.output / "a.js"
    for number in range(50):
        path.write_bytes(b"%08d" % number)
        list(scan.scan(site, memory))
        path.write_bytes(b"%08d" % -number)
        found = {file.key: file.sha256 for file in scan.scan(site, memory)}
        assert found["a.js"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_link_is_followed_each_time(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.output / "link.js").symlink_to("a.js")
    settled(site, memory)
    replaced_in_place(site.output / "a.js")
    assert read_again(site, memory, monkeypatch) == ["a.js", "link.js"]


def test_what_is_stored_compressed_is_read_each_time(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.output / "many.md").write_bytes(b"word " * 1000)
    assert {file.key: file for file in settled(site, memory)}["many.md"].headers.content_encoding
    assert read_again(site, memory, monkeypatch) == ["many.md"]


def test_files_come_and_go(site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(site, memory)
    (site.output / "a.js").unlink()
    (site.output / "0.js").write_bytes(b"new")
    (site.output / "z.svg").rename(site.output / "y.svg")
    assert read_again(site, memory, monkeypatch) == ["0.js", "y.svg"]
    settled(site, memory)
    assert read_again(site, memory, monkeypatch) == []
    assert b"a.js" not in memory.read_bytes()


def test_the_memory_is_written_only_when_something_changed(site: Site, memory: Path) -> None:
    settled(site, memory)
    before = memory.stat()
    list(scan.scan(site, memory))
    assert memory.stat().st_ino == before.st_ino
    assert sorted(path.name for path in memory.parent.iterdir()) == [memory.name, "probe"]


def damaged(content: bytes) -> list[bytes]:
    """Return what a memory may be after a crash, a full disk, or somebody's editor."""
    flipped = bytes([content[40] ^ 1])
    return [
        b"",
        b"\0",
        content[:-1],
        content[: len(content) // 2],
        content[:40] + flipped + content[41:],
        content.replace(b"a.js", b"z.js"),
        b"\xff" * 1000,
        content + content,
    ]


@pytest.mark.parametrize("number", range(len(damaged(bytes(100)))))
def test_a_damaged_memory_counts_as_none_and_is_made_anew(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    found = settled(site, memory)
    memory.write_bytes(damaged(memory.read_bytes())[number])
    assert read_again(site, memory, monkeypatch) == [file.key for file in found]
    assert read_again(site, memory, monkeypatch) == []


def test_the_memory_of_another_folder_counts_as_none(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(site, memory)
    moved = Site("frontend", site.root, site.output.rename(site.root / "public"))
    assert len(read_again(moved, memory, monkeypatch)) == 4


def test_the_memory_of_another_format_counts_as_none(
    site: Site, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(site, memory)
    monkeypatch.setattr(known, "FORMAT", known.FORMAT + 1)
    assert len(read_again(site, memory, monkeypatch)) == 4


def test_a_place_that_cannot_be_written_costs_only_the_time(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert list(scan.scan(site, tmp_path / "file" / "hashes")) == list(scan.scan(site))


def test_a_scan_that_is_left_early_changes_no_memory(site: Site, memory: Path) -> None:
    settled(site, memory)
    before = memory.read_bytes()
    replaced_in_place(site.output / "a.js")
    files = scan.scan(site, memory)
    next(files)
    files.close()
    assert memory.read_bytes() == before
    assert sorted(path.name for path in memory.parent.iterdir()) == [memory.name, "probe"]
