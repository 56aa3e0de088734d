"""Builds that are refused before anything is written: empty, incomplete, or in a foreign bucket."""

import pytest

from deploy.errors import PreflightError
from deploy.site.plan import guard
from tests.unit.site.values import World, entry_of, file_of


def test_an_empty_build_is_refused_whatever_the_flags() -> None:
    with pytest.raises(PreflightError, match="is empty"):
        guard(World().plan([]), adopt=True, allow_deletions=True, allow_missing_index=True)


def test_a_build_without_an_index_is_refused_unless_it_is_meant() -> None:
    plan = World().plan([file_of("docs/index.html")])
    with pytest.raises(PreflightError, match=r"no index\.html") as caught:
        guard(plan)
    assert "--allow-missing-index" in caught.value.remedy
    guard(plan, allow_missing_index=True)


def test_a_bucket_of_others_is_refused_unless_it_is_adopted() -> None:
    world = World(pointer=None)
    world.put(file_of("theirs.txt"), known=False)
    plan = world.plan([file_of("index.html")])
    with pytest.raises(PreflightError, match="1 objects") as caught:
        guard(plan)
    assert "--adopt" in caught.value.remedy
    guard(plan, adopt=True)
    assert plan.warnings == ("1 objects in the bucket belong to no release, and stay",)


@pytest.mark.parametrize(("gone", "refused"), [(3, False), (4, True)])
def test_a_build_that_lacks_too_much_is_refused(gone: int, refused: bool) -> None:
    live = ["index.html", *(f"{number}.html" for number in range(9))]
    plan = World([entry_of(key) for key in live]).plan([file_of(key) for key in live[: 10 - gone]])
    if refused:
        with pytest.raises(PreflightError, match=r"lacks 4 of the 10 .* 30%") as caught:
            guard(plan)
        assert "--allow-deletions" in caught.value.remedy
    guard(plan, allow_deletions=refused)


def test_assets_that_are_gone_do_not_count_as_a_loss() -> None:
    assets = [f"assets/x{number}-BfX3kq9a.js" for number in range(9)]
    world = World([entry_of(key) for key in ("index.html", *assets)])
    guard(world.plan([file_of("index.html", "new")]))
