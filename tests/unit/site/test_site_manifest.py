"""A release's manifest, written and read line by line."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.site.manifest import (
    PARSED,
    Entry,
    Release,
    content_of,
    created_of,
    manifest_key,
    next_entries,
    read,
    release_id,
    release_of,
    write,
)
from tests.unit.site.values import KEYS, entry_of, file_of, fingerprint
from tests.unit.site.values import release_of as release_value


def entries_of(keys: Iterable[str], version: str = "v1") -> list[Entry]:
    return [entry_of(key, key, version=version) for key in sorted(keys)]


def written(entries: list[Entry]) -> tuple[Release, list[bytes]]:
    release = release_value("20261122T081512Z-3f9a1c2", entries)
    return release, list(write(release, entries))


@given(st.sets(KEYS, max_size=8))
def test_what_is_written_is_read(keys: set[str]) -> None:
    entries = entries_of(keys)
    release, lines = written(entries)
    found, rest = read(lines)
    assert (found, list(rest)) == (release, entries)
    assert all(line.count(b"\n") == 1 for line in lines)


@pytest.mark.parametrize(
    "lines", [[], [b""], [b"{}\n"], [b"[1]\n"], [b'{"format":1}\n'], [b"\xff"]]
)
def test_a_damaged_head_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(PreflightError, match="damaged"):
        read(lines)


def test_a_newer_format_is_not_taken_for_damage() -> None:
    with pytest.raises(PreflightError, match="newer Shipway"):
        read([b'{"format":2}\n'])


@pytest.mark.parametrize("broken", [b"[1,2]\n", b"{\n", b"null\n", b'["a"'])
def test_a_damaged_line_is_refused(broken: bytes) -> None:
    _, lines = written(entries_of("ab"))
    _, rest = read([*lines[:2], broken])
    with pytest.raises(PreflightError, match="damaged"):
        list(rest)


def test_as_many_files_as_are_parsed_at_a_time_and_one_more_come_back() -> None:
    entries = entries_of([f"{number:04}" for number in range(PARSED + 1)])
    _, lines = written(entries)
    assert list(read(lines)[1]) == entries


def test_a_manifest_that_was_cut_off_is_refused() -> None:
    """Or a deploy would take the rest for new, and a prune for needless."""
    _, lines = written(entries_of("abc"))
    with pytest.raises(PreflightError, match="2 of 3 files"):
        list(read(lines[:-1])[1])


@given(st.sets(KEYS, max_size=8), st.sets(KEYS, max_size=4), st.sets(KEYS, max_size=4))
def test_the_next_release_is_the_live_one_with_what_changed(
    live: set[str], stored: set[str], dropped: set[str]
) -> None:
    dropped -= stored
    expected = {entry.file.key: entry for entry in entries_of(live)}
    expected |= {entry.file.key: entry for entry in entries_of(stored, "v2")}
    found = list(next_entries(entries_of(live), entries_of(stored, "v2")[::-1], dropped))
    assert found == [expected[key] for key in sorted(expected.keys() - dropped)]


def test_an_id_says_when_and_what() -> None:
    name = release_id(1795335312.9, "3f9a1c2b44")
    assert name == "20261122T081512Z-3f9a1c2"
    assert created_of(name) == 1795335312
    assert content_of(name) == "3f9a1c2"
    assert release_of(manifest_key(name)) == name


@pytest.mark.parametrize("key", ["a", ".shipway/live.json", ".shipway/releases/x.jsonl.gz"])
def test_what_is_no_manifest_is_no_release(key: str) -> None:
    assert release_of(key) is None


def test_the_fingerprint_sees_content_name_and_headers() -> None:
    files = [
        file_of("a.js"),
        file_of("a.js", "y"),
        file_of("b.js"),
        file_of("a.js", cache={"*": "max-age=1"}),
    ]
    assert len({fingerprint([file]) for file in files}) == 4
    assert fingerprint([file_of("a.js")]) == fingerprint([file_of("a.js")])
