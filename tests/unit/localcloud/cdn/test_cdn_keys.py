"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html"""

import pytest
from multidict import CIMultiDict

from localcloud.cdn.keys import Key, key_of, normalized, origin_headers, origin_query
from localcloud.cdn.messages import Asked
from localcloud.cdn.model import Behavior, CachePolicy, ForwardPolicy, Origin, Selection

ORIGIN = Origin("app", "lb.example", headers=(("X-Secret", "1"),))
ALL = Selection("all")


def asked(uri: str = "/a", query: str = "", method: str = "GET", **headers: str) -> Asked:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked(method, uri, query, CIMultiDict({"Host": "localhost:8080", **named}), "192.0.2.1")


def key(policy: CachePolicy, request: Asked) -> Key:
    return key_of("E1", request, policy)


def test_by_default_only_the_path_counts() -> None:
    plain = CachePolicy()
    assert key(plain, asked(query="a=1", Cookie="x=1", Accept="*/*")) == key(plain, asked())
    assert key(plain, asked("/b")) != key(plain, asked())
    assert key(plain, asked("/A")) != key(plain, asked())


def test_head_shares_with_get() -> None:
    assert key(CachePolicy(), asked(method="HEAD")) == key(CachePolicy(), asked())
    assert key(CachePolicy(), asked(method="OPTIONS")) != key(CachePolicy(), asked())


@pytest.mark.parametrize(
    ("selection", "query", "path"),
    [
        (Selection(), "a=1&b=2", "/a"),
        (ALL, "b=2&a=1", "/a?b=2&a=1"),
        (Selection("whitelist", frozenset(("a",))), "b=2&a=1&a=3", "/a?a=1&a=3"),
        (Selection("allExcept", frozenset(("a",))), "b=2&a=1", "/a?b=2"),
        (Selection("whitelist", frozenset(("a b",))), "a%20b=1", "/a?a%20b=1"),
    ],
)
def test_query_strings(selection: Selection, query: str, path: str) -> None:
    assert key(CachePolicy(queries=selection), asked(query=query)).path == path


def test_headers_and_cookies() -> None:
    policy = CachePolicy(
        headers=Selection("whitelist", frozenset(("origin",))),
        cookies=Selection("whitelist", frozenset(("id",))),
    )
    base = key(policy, asked(Origin="a", Cookie="id=1; other=2"))
    assert base == key(policy, asked(Origin="a", Cookie="other=3; id=1", Accept="x"))
    assert base != key(policy, asked(Origin="b", Cookie="id=1"))
    assert base != key(policy, asked(Origin="a", Cookie="id=2"))


@pytest.mark.parametrize(
    ("accepted", "found"),
    [
        ("gzip, deflate, br", "br,gzip"),
        ("br;q=1.0, gzip;q=0.5", "br,gzip"),
        ("BR", "br"),
        ("gzip;q=0, br", "br"),
        ("deflate", ""),
        ("", ""),
    ],
)
def test_accept_encoding(accepted: str, found: str) -> None:
    assert normalized(accepted, CachePolicy(gzip=True, brotli=True)) == found
    assert normalized(accepted, CachePolicy()) == ""


def sent(behavior: Behavior, request: Asked, *, conditions: bool = False) -> CIMultiDict[str]:
    return origin_headers(request, behavior, ORIGIN, request_id="Id", conditions=conditions)


def test_what_an_origin_gets_without_policies() -> None:
    request = asked(User_Agent="me", Cookie="a=1", X_Mine="1", Accept_Encoding="br")
    got = sent(Behavior("app"), request)
    assert dict(got) == {
        "Host": "lb.example",
        "User-Agent": "Amazon CloudFront",
        "X-Forwarded-For": "192.0.2.1",
        "Via": "1.1 id.cloudfront.net (CloudFront)",
        "X-Amz-Cf-Id": "Id",
        "X-Secret": "1",
    }


def test_all_of_the_viewer() -> None:
    policy = ForwardPolicy(Selection("allViewer"), ALL, ALL)
    request = asked(
        query="a=1", User_Agent="me", Cookie="a=1", X_Mine="1", Connection="X-Mine",
        X_Forwarded_For="203.0.113.1", Expect="100-continue",
    )  # fmt: skip
    got = sent(Behavior("app", forward=policy), request)
    assert (got["Host"], got["User-Agent"], got["Cookie"]) == ("localhost:8080", "me", "a=1")
    assert got["X-Forwarded-For"] == "203.0.113.1, 192.0.2.1"
    assert not {"Connection", "X-Mine", "Expect"} & set(got)
    assert origin_query(request, Behavior("app", forward=policy)) == "a=1"


def test_what_is_in_the_key_goes_to_the_origin() -> None:
    cache = CachePolicy(queries=Selection("whitelist", frozenset(("v",))), gzip=True)
    forward = ForwardPolicy(queries=Selection("whitelist", frozenset(("w",))))
    behavior = Behavior("app", cache=cache, forward=forward)
    assert origin_query(asked(query="v=1&w=2&x=3"), behavior) == "v=1&w=2"
    assert sent(behavior, asked(Accept_Encoding="gzip, br"))["Accept-Encoding"] == "gzip"


def test_conditions_go_on_only_where_nothing_is_kept() -> None:
    forward = ForwardPolicy(headers=Selection("allViewer"))
    request = asked(Range="bytes=0-1", If_None_Match='"1"')
    assert "Range" not in sent(Behavior("app", forward=forward), request)
    got = sent(Behavior("app"), request, conditions=True)
    assert (got["Range"], got["If-None-Match"]) == ("bytes=0-1", '"1"')
