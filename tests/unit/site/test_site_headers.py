"""Types, caching and compression by a file's name and size."""

import mimetypes

import pytest

from deploy.site.headers import (
    IMMUTABLE,
    REVALIDATED,
    compresses_at_edge,
    compresses_here,
    content_type,
    headers_for,
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/b.CSS", "text/css; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.js.map", "application/json"),
        ("site.webmanifest", "application/manifest+json"),
        ("logo.svg", "image/svg+xml"),
        ("favicon.ico", "image/x-icon"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("sitemap.xml", "application/xml; charset=utf-8"),
        ("a.glb", "model/gltf-binary"),
        (".well-known/apple-app-site-association", "application/json"),
        ("noext", "application/octet-stream"),
        ("folder.js/noext", "application/octet-stream"),
        ("a.unheard", "application/octet-stream"),
        (".html", "text/html; charset=utf-8"),
    ],
)
def test_the_type_is_the_extensions(key: str, expected: str) -> None:
    assert content_type(key) == expected


def test_the_machines_own_table_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_: ("text/wrong", None))
    assert content_type("a.js") == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("key", "control", "kind"),
    [
        ("index.html", REVALIDATED, "page"),
        ("docs/page.xhtml", REVALIDATED, "page"),
        ("favicon.svg", REVALIDATED, "stable"),
        ("assets/index-BfX3kq9a.js", IMMUTABLE, "immutable"),
    ],
)
def test_what_has_a_hash_in_its_name_is_kept_for_a_year(key: str, control: str, kind: str) -> None:
    headers, found = headers_for(key, 10, {})
    assert (headers.cache_control, found) == (control, kind)


def test_the_first_pattern_that_matches_counts() -> None:
    cache = {"fonts/*": "max-age=60", "*.woff2": "max-age=5", "*": "max-age=1"}
    assert headers_for("fonts/a/b.woff2", 10, cache)[0].cache_control == "max-age=60"
    assert headers_for("other/b.woff2", 10, cache)[0].cache_control == "max-age=5"
    assert headers_for("index.html", 10, cache) == headers_for("index.html", 1, {"*": "max-age=1"})


def test_a_pattern_takes_immutability_away_but_does_not_give_it() -> None:
    """A file whose content may change under its name must be written after the claim."""
    assert headers_for("assets/a-BfX3kq9a.js", 10, {"assets/*": "no-cache"})[1] == "stable"
    assert headers_for("fonts/a.woff2", 10, {"fonts/*": IMMUTABLE})[1] == "stable"
    assert headers_for("index.html", 10, {"*": IMMUTABLE})[1] == "page"


def test_a_pattern_may_begin_with_a_slash_and_minds_case() -> None:
    assert headers_for("a.txt", 10, {"/a.txt": "max-age=1"})[0].cache_control == "max-age=1"
    assert headers_for("A.txt", 10, {"/a.txt": "max-age=1"})[0].cache_control == REVALIDATED


@pytest.mark.parametrize(
    ("media_type", "size", "edge", "here"),
    [
        ("text/html; charset=utf-8", 999, False, False),
        ("text/html; charset=utf-8", 1_000, True, False),
        ("text/html; charset=utf-8", 10_000_000, True, False),
        ("text/html; charset=utf-8", 10_000_001, False, True),
        ("application/manifest+json", 5_000, False, True),
        ("application/manifest+json", 500, False, False),
        ("image/png", 50_000, False, False),
        ("font/woff2", 50_000_000, False, False),
        ("application/json", 1 << 30, False, False),
    ],
)
def test_compressed_here_is_only_what_the_edge_leaves(
    media_type: str, size: int, edge: bool, here: bool
) -> None:
    assert compresses_at_edge(media_type, size) is edge
    assert compresses_here(media_type, size) is here
