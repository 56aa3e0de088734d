"""Which releases stay, what may go, and where a rollback leads."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.site.manifest import Entry, release_id
from deploy.site.releases import DAY, expired, kept, prunable, rollback_target, same_content
from tests.unit.site.values import entry_of, release_of, site_of

START = datetime(2026, 11, 22, tzinfo=UTC).timestamp()


def name(day: float, content: str = "") -> str:
    """The id of a release made so many days after the start."""
    return release_id(START + day * DAY, (content or f"{int(day * 24):x}").rjust(7, "0"))


def test_the_last_ones_stay_however_old_they_are() -> None:
    ids = [name(day) for day in range(5)]
    assert kept(ids, site_of(keep_releases=3), ids[-1], START + 365 * DAY) == {*ids[2:]}
    assert expired(ids, site_of(), ids[-1], START + 365 * DAY) == tuple(ids[:2])


def test_one_that_was_replaced_a_moment_ago_stays_however_old_it_is() -> None:
    """A tab that was opened before asks for its files."""
    ids = [name(0), *(name(30 + hours / 24) for hours in range(5))]
    assert ids[0] in kept(ids, site_of(keep_days=7), ids[-1], START + 31 * DAY)
    assert ids[0] in expired(ids, site_of(keep_days=7), ids[-1], START + 38 * DAY)


def test_the_live_one_stays_in_any_case() -> None:
    ids = [name(day) for day in range(9)]
    assert ids[0] in kept(ids, site_of(keep_releases=1, keep_days=0), ids[0], START + 99 * DAY)


@given(
    st.sets(st.integers(0, 50), min_size=1, max_size=12),
    st.integers(1, 5),
    st.floats(0, 30),
    st.floats(0, 100),
)
def test_kept_and_expired_part_all_releases(
    days: set[int], count: int, keep_days: float, passed: float
) -> None:
    ids = [name(day) for day in sorted(days)]
    site = site_of(keep_releases=count, keep_days=keep_days)
    now = START + passed * DAY
    keep, drop = kept(ids, site, ids[-1], now), expired(ids, site, ids[-1], now)
    assert keep | set(drop) == set(ids)
    assert not keep & set(drop)
    assert {*ids[-count:]} <= keep


OBJECTS = st.builds(
    lambda key, version: entry_of(key, version=version),
    st.sampled_from(["a", "b", "c/d"]),
    st.sampled_from(["", "v1", "v2", "v3"]),
)


@given(st.lists(OBJECTS, max_size=12), st.lists(OBJECTS, max_size=12))
def test_prunable_is_what_only_dropped_releases_have(
    dropped: list[Entry], keep: list[Entry]
) -> None:
    needed = {(entry.file.key, entry.version) for entry in keep}
    found = list(prunable(dropped, keep))
    assert not needed & set(found)
    assert len(found) == len(set(found))
    had = {(entry.file.key, entry.version) for entry in dropped if entry.version}
    assert set(found) == had - needed


def test_a_rollback_returns_to_the_release_before() -> None:
    ids = [name(1, "a"), name(2, "b"), name(3, "c")]
    assert rollback_target(ids, release_of(ids[-1])) == ids[1]


def test_a_second_rollback_goes_further_back_and_not_to_what_was_left() -> None:
    ids = [name(1, "a"), name(2, "b"), name(3, "c"), name(4, "b")]
    assert rollback_target(ids, release_of(ids[-1], origin=ids[1])) == ids[0]


def test_a_release_of_the_same_content_is_passed_over() -> None:
    ids = [name(1, "a"), name(2, "b"), name(3, "b")]
    assert rollback_target(ids, release_of(ids[-1])) == ids[0]


@pytest.mark.parametrize("to", [name(2, "b"), name(2, "b")[:12], "000000b"])
def test_a_release_is_named_by_its_id_its_beginning_or_its_content(to: str) -> None:
    ids = [name(1, "a"), name(2, "b"), name(3, "c")]
    assert rollback_target(ids, release_of(ids[-1]), to) == ids[1]


def test_a_release_that_is_gone_is_refused_with_those_that_are_left() -> None:
    ids = [name(2, "b"), name(3, "c")]
    with pytest.raises(PreflightError) as caught:
        rollback_target(ids, release_of(ids[-1]), name(1, "a"))
    assert ids[0] in caught.value.remedy


def test_a_beginning_of_several_releases_is_refused() -> None:
    ids = [name(1, "a"), name(1.1, "b"), name(3, "c")]
    with pytest.raises(PreflightError, match="2 releases"):
        rollback_target(ids, release_of(ids[-1]), name(1, "a")[:8])


def test_the_first_release_has_none_before_it() -> None:
    with pytest.raises(PreflightError, match="no release before"):
        rollback_target([name(1)], release_of(name(1)))


def test_old_content_is_found_under_its_newer_id() -> None:
    ids = ["20261122T081512Z-aaaaaaa", "20261122T091512Z-bbbbbbb", "20261122T101512Z-bbbbbbb"]
    assert same_content(ids, ids[1]) == ids[1]
    assert same_content(ids, "20261122T071512Z-bbbbbbb") == ids[2]
    assert same_content(ids, "20261122T071512Z-ccccccc") == ""
    assert same_content(ids, "") == ""
