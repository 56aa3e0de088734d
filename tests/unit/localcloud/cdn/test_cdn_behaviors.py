import pytest
from multidict import CIMultiDict

from localcloud.cdn.behaviors import choose, matches, refusal, rooted
from localcloud.cdn.messages import Asked
from localcloud.cdn.model import Behavior, Distribution


@pytest.mark.parametrize(
    ("pattern", "uri", "found"),
    [
        ("/api/*", "/api/x/y", True),
        ("api/*", "/api/x", True),
        ("/api/*", "/api", False),
        ("/API/*", "/api/x", False),
        ("*.js", "/assets/a.js", True),
        ("*.js", "/a.json", False),
        ("/a?.txt", "/ab.txt", True),
        ("/a?.txt", "/a.txt", False),
        ("/a.txt", "/a-txt", False),
    ],
)
def test_patterns(pattern: str, uri: str, found: bool) -> None:
    assert matches(pattern, uri) is found


def distribution(*behaviors: Behavior) -> Distribution:
    return Distribution("E1", "arn", "d.cloudfront.net", True, behaviors, {}, "index.html")


def test_the_first_match_wins_and_the_default_is_last() -> None:
    site = distribution(Behavior("a", "/api/v1/*"), Behavior("b", "/api/*"), Behavior("c"))
    assert [choose(site, uri).origin for uri in ("/api/v1/x", "/api/x", "/x")] == ["a", "b", "c"]


def test_the_root_object_is_only_that_of_the_root() -> None:
    assert rooted(distribution(), "/") == "/index.html"
    assert rooted(distribution(), "/docs/") == "/docs/"


def ask(method: str = "GET") -> Asked:
    return Asked(method, "/a", "b=1", CIMultiDict({"Host": "example.com"}))


def test_to_https() -> None:
    behavior = Behavior("a", protocol="redirect-to-https")
    for method, status in (("GET", 301), ("HEAD", 301), ("POST", 307)):
        found = refusal(behavior, ask(method))
        assert found
        assert (found.status, found.headers["Location"]) == (status, "https://example.com/a?b=1")


def test_refused() -> None:
    assert refusal(Behavior("a"), ask()) is None
    for behavior in (Behavior("a", protocol="https-only"), Behavior("a", allowed=frozenset())):
        found = refusal(behavior, ask())
        assert found
        assert found.status == 403


@pytest.mark.parametrize("body", [("Content-Length", "1"), ("Transfer-Encoding", "chunked")])
def test_a_get_request_with_a_body(body: tuple[str, str]) -> None:
    every = Behavior("a", allowed=frozenset({"GET", "POST"}))
    for method, refused in (("GET", True), ("POST", False)):
        asked = ask(method)
        asked.headers.add(*body)
        found = refusal(every, asked)
        assert (found is not None and found.status == 403) is refused


def test_a_get_request_with_an_empty_body() -> None:
    asked = ask()
    asked.headers["Content-Length"] = "0"
    assert refusal(Behavior("a"), asked) is None
