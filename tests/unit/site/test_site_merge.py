"""The streaming join against the naive one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.object_replies import Listed
from deploy.site.merge import Match, merge
from tests.unit.site.values import KEYS, entry_of, file_of, listed_of

SETS = st.sets(KEYS, max_size=8)


def in_order(keys: set[str]) -> list[str]:
    """As S3 lists: by the bytes of UTF-8."""
    return sorted(keys, key=str.encode)


@given(SETS, SETS, SETS)
def test_the_join_is_the_join_of_three_dictionaries(
    built: set[str], there: set[str], live: set[str]
) -> None:
    files = {key: file_of(key) for key in in_order(built)}
    listed = {key: listed_of(entry_of(key)) for key in in_order(there)}
    entries = {key: entry_of(key) for key in in_order(live)}
    expected = [
        Match(key, files.get(key), listed.get(key), entries.get(key))
        for key in in_order(built | there | live)
    ]
    assert list(merge(files.values(), listed.values(), entries.values())) == expected


def test_shipways_own_objects_are_left_out() -> None:
    own = Listed(".shipway/live.json", 1, "e", 1.0)
    other = Listed(".well-known/x", 1, "e", 1.0)
    assert [match.key for match in merge([], [own, other], [])] == [".well-known/x"]


@pytest.mark.parametrize("keys", [["b", "a"], ["a", "a"]])
def test_what_is_out_of_order_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="the bucket is not sorted"):
        list(merge([], [listed_of(entry_of(key)) for key in keys], []))
