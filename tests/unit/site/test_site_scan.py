"""A build folder as it is on disk: names, links, what cannot be read."""

import gzip
import hashlib
import os
from pathlib import Path

import pytest

from deploy.config.model import Site
from deploy.errors import PreflightError
from deploy.site.manifest import File
from deploy.site.scan import IN_MEMORY, body, path_of, scan

NAMES = [
    "a-b.txt",
    "a/b.txt",
    "a.txt",
    "a/b/c.txt",
    "a b/%41+#?.html",
    "é/ü.js",
    "z\nz.txt",
    "😀.svg",
]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "dist").mkdir()
    return Site("frontend", tmp_path, tmp_path / "dist")


def write(site: Site, key: str, content: bytes = b"x") -> Path:
    path = path_of(site, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def only(site: Site) -> File:
    (found,) = scan(site)
    return found


def test_files_come_in_the_order_in_which_s3_lists(site: Site) -> None:
    for name in NAMES:
        write(site, name)
    keys = [file.key for file in scan(site)]
    assert keys == sorted(NAMES, key=str.encode)
    assert keys[:3] == ["a b/%41+#?.html", "a-b.txt", "a.txt"]  # a/... follows: "/" is greater


def test_many_files_come_in_order_too(site: Site) -> None:
    for number in range(500):
        write(site, f"{number % 7}/{number}.txt", str(number).encode())
    found = list(scan(site))
    assert [file.key for file in found] == sorted(file.key for file in found)
    assert len(found) == 500
    assert all(path_of(site, file.key).stat().st_size == file.size for file in found)


def test_a_file_has_its_hash_size_and_headers(site: Site) -> None:
    write(site, "assets/index-BfX3kq9a.js", b"hello")
    found = only(site)
    assert (found.size, found.sha256) == (5, hashlib.sha256(b"hello").hexdigest())
    assert (found.kind, found.headers.content_type) == (
        "immutable",
        "text/javascript; charset=utf-8",
    )
    assert body(site, found) == b"hello"


def test_an_empty_file_is_a_file(site: Site) -> None:
    write(site, "empty.txt", b"")
    assert only(site).size == 0
    assert body(site, only(site)) == b""


def test_a_large_file_is_streamed(site: Site) -> None:
    content = os.urandom(IN_MEMORY * 2 + 1)
    path = write(site, "video.mp4", content)
    found = only(site)
    assert (found.size, found.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert body(site, found) == path


def test_what_the_edge_does_not_compress_is_stored_compressed(site: Site) -> None:
    content = b'{"name": "site"}' * 500
    path = write(site, "site.webmanifest", content)
    found = only(site)
    stored = body(site, found)
    assert isinstance(stored, bytes)
    assert gzip.decompress(stored) == content
    assert found.headers.content_encoding == "gzip"
    assert (found.size, found.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    os.utime(path, (1, 1))
    assert body(site, only(site)) == stored  # the same bytes, whenever it was built


def test_what_hardly_shrinks_is_stored_as_it_is(site: Site) -> None:
    content = os.urandom(5000)
    write(site, "model.glb", content)
    assert only(site).headers.content_encoding == ""
    assert body(site, only(site)) == content


def test_a_link_to_a_file_of_the_build_is_that_file(site: Site) -> None:
    write(site, "real.txt", b"content")
    path_of(site, "link.txt").symlink_to("real.txt")
    link, real = scan(site)
    assert (link.key, link.sha256) == ("link.txt", real.sha256)
    assert body(site, link) == b"content"


def test_a_link_out_of_the_build_is_refused(site: Site) -> None:
    (site.root / "secret.txt").write_text("secret")
    path_of(site, "link.txt").symlink_to("../secret.txt")
    with pytest.raises(PreflightError, match=r"link\.txt is a link that leaves"):
        list(scan(site))


@pytest.mark.parametrize("target", ["nowhere", "link.txt", "."])
def test_a_link_to_no_file_is_refused(site: Site, target: str) -> None:
    path_of(site, "link.txt").symlink_to(target)
    with pytest.raises(PreflightError, match=r"link\.txt is a link that leads to no file"):
        list(scan(site))


def test_a_missing_folder_names_the_command_that_makes_it(site: Site) -> None:
    site.output.rmdir()
    with pytest.raises(PreflightError, match="is missing") as caught:
        list(scan(site))
    assert "npm run build" in caught.value.remedy


def test_a_file_that_may_not_be_read_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the system call is made to fail."""
    path = write(site, "a.txt")
    original = os.open

    def refuse(name: str, flags: int, mode: int = 0o777) -> int:
        if name == os.fspath(path):
            raise PermissionError(13, "Permission denied")
        return original(name, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PreflightError, match=r"a\.txt cannot be read \(Permission denied\)"):
        list(scan(site))


def test_a_file_that_grows_while_it_is_read_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(site, "a.txt", b"before")
    original = os.read

    def grow(descriptor: int, size: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"more")
        return original(descriptor, size)

    monkeypatch.setattr(os, "read", grow)
    with pytest.raises(PreflightError, match=r"a\.txt changed while it was read"):
        list(scan(site))


def test_a_file_that_was_rebuilt_after_the_scan_is_not_uploaded(site: Site) -> None:
    path = write(site, "a.txt", b"before")
    found = only(site)
    path.write_bytes(b"afterwards")
    with pytest.raises(PreflightError, match="changed"):
        body(site, found)
    path.unlink()
    with pytest.raises(PreflightError, match="cannot be read"):
        body(site, found)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (b"\xff.txt", "not UTF-8"),
        (b".shipway/live.json", "where Shipway keeps its own"),
        (b"/".join([b"x" * 200] * 6), "longer than the 1024 bytes"),
    ],
)
def test_a_name_that_cannot_be_a_key_is_refused(site: Site, name: bytes, problem: str) -> None:
    path = os.path.join(os.fsencode(site.output), name)  # noqa: PTH118 - bytes
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    with open(path, "wb"):  # noqa: PTH123
        pass
    with pytest.raises(PreflightError, match=problem):
        list(scan(site))


@pytest.mark.timeout(20)
def test_a_pipe_is_refused_and_not_waited_for(site: Site) -> None:
    os.mkfifo(path_of(site, "pipe"))
    with pytest.raises(PreflightError, match="pipe is no file"):
        list(scan(site))


def test_a_file_over_5_gb_is_refused_without_reading_it(site: Site) -> None:
    path = write(site, "huge.bin")
    os.truncate(path, 5_000_000_001)
    with pytest.raises(PreflightError, match="5 GB"):
        list(scan(site))


def test_hidden_files_are_part_of_the_site(site: Site) -> None:
    write(site, ".well-known/security.txt")
    assert only(site).key == ".well-known/security.txt"


def test_a_scan_may_be_left_early(site: Site) -> None:
    for number in range(300):
        write(site, f"{number}.txt")
    assert next(iter(scan(site))).key == "0.txt"
