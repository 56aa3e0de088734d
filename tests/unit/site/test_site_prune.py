"""Pruning costs reading what is kept, so it waits until it pays."""

import pytest

from deploy.site.prune import is_worth_it


@pytest.mark.parametrize(
    ("dropped", "kept", "expected"),
    [(0, 1, False), (1, 3, True), (1, 4, True), (1, 5, False), (34, 140, False), (35, 140, True)],
)
def test_it_waits_until_enough_releases_have_expired(
    dropped: int, kept: int, expected: bool
) -> None:
    assert is_worth_it(dropped, kept) is expected
