"""The paths that CloudFront is told to forget."""

from urllib.parse import unquote

from hypothesis import example, given
from hypothesis import strategies as st

from deploy.site.invalidation import MAX_PATHS, MAX_WILDCARDS, joined, paths
from tests.unit.site.values import KEYS


def covers(path: str, url: str) -> bool:
    """As CloudFront reads a path: a "*" at its end stands for anything."""
    plain = unquote(path)
    return url.startswith(plain[:-1]) if plain.endswith("*") else plain == url


@given(st.sets(KEYS, max_size=60))
def test_every_changed_key_is_covered_within_the_limits(keys: set[str]) -> None:
    found = paths(keys)
    assert all(any(covers(path, f"/{key}") for path in found) for key in keys)
    assert len(found) <= MAX_PATHS
    assert sum(path.endswith("*") for path in found) <= MAX_WILDCARDS
    assert all(path.startswith("/") and path.isascii() for path in found)


@given(st.lists(st.sets(KEYS, max_size=30), max_size=4))
@example([{"*", "**"}])  # wildcards themselves, and each begins like the other
def test_joined_lists_cover_what_each_covered(parts: list[set[str]]) -> None:
    found = joined(*(paths(part) for part in parts))
    assert all(any(covers(path, f"/{key}") for path in found) for part in parts for key in part)
    assert joined(found) == found
    assert sum(path.endswith("*") for path in found) <= MAX_WILDCARDS


def test_nothing_changed_is_nothing_to_forget() -> None:
    assert paths([]) == ()


def test_an_index_is_its_folder_too() -> None:
    assert paths(["index.html", "docs/index.html", "docs/a.html"]) == (
        "/",
        "/docs/",
        "/docs/a.html",
        "/docs/index.html",
        "/index.html",
    )


def test_only_unsafe_characters_are_encoded() -> None:
    assert paths(["a b/é~@(1)+[2]?#%.html"]) == ("/a%20b/%C3%A9%7E%40(1)+%5B2%5D%3F%23%25.html",)


def test_a_few_changes_are_named_and_many_of_a_folder_are_not() -> None:
    few = [f"blog/{number}.html" for number in range(15)]
    assert len(paths(few)) == 15
    assert paths([*few, "blog/more.html", "favicon.svg"]) == ("/blog/*", "/favicon.svg")


def test_the_deepest_folders_are_collapsed_first() -> None:
    keys = [f"docs/{folder}/{page}.html" for folder in "abc" for page in range(9)]
    assert paths([*keys, "docs/x.html"]) == ("/docs/a/*", "/docs/b/*", "/docs/c/*", "/docs/x.html")


def test_pages_of_the_top_folder_do_not_cost_the_assets_their_cache() -> None:
    keys = [f"{number}.html" for number in range(60)]
    assert "/*" not in paths(keys)
    assert paths([f"{number}.html" for number in range(101)]) == ("/*",)


def test_many_folders_at_the_top_are_everything() -> None:
    keys = [f"{folder}/{page}.html" for folder in range(20) for page in range(20)]
    assert paths(keys) == ("/*",)


def test_a_wildcard_of_an_earlier_run_takes_what_it_covers() -> None:
    assert joined(["/blog/*"], ["/blog/a.html", "/b.html"]) == ("/b.html", "/blog/*")
