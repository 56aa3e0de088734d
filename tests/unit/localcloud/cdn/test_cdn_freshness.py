"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html"""

from email.utils import formatdate

import pytest
from multidict import CIMultiDict

from localcloud.cdn.freshness import error_lifetime, lifetime, may_serve_stale
from localcloud.cdn.model import CachePolicy, ErrorRule

NOW = 1_800_000_000.0
OPEN = CachePolicy(0, 86400, 31536000)
BOUND = CachePolicy(60, 600, 3600)
DISABLED = CachePolicy(0, 0, 0)


def kept(policy: CachePolicy, cache: str = "", *, status: int = 200, **more: str) -> float | None:
    headers = CIMultiDict({"ETag": '"1"', **more})
    if cache:
        headers["Cache-Control"] = cache
    return lifetime(status, headers, policy, NOW)


@pytest.mark.parametrize(
    ("cache", "without_minimum", "with_minimum"),
    [
        ("", 86400, 600),
        ("public", 86400, 600),
        ("max-age=1000", 1000, 1000),
        ("max-age=10", 10, 60),
        ("max-age=99999999", 31536000, 3600),
        ("max-age=1000, s-maxage=2000", 2000, 2000),
        ("MAX-AGE=1000", 1000, 1000),
        ("max-age=0", 0, 60),
        ("max-age=nonsense", 86400, 600),
        ("no-cache", 0, 60),
        ("no-cache, max-age=1000", 0, 60),
        ("no-store", None, 60),
        ("private", None, 60),
        ("private, max-age=1000", None, 60),
    ],
)
def test_cache_control(
    cache: str, without_minimum: float | None, with_minimum: float | None
) -> None:
    assert kept(OPEN, cache) == without_minimum
    assert kept(BOUND, cache) == with_minimum
    assert kept(DISABLED, cache) is None


def test_expires() -> None:
    assert kept(OPEN, Expires=formatdate(NOW + 500, usegmt=True)) == 500
    assert kept(BOUND, Expires=formatdate(NOW - 500, usegmt=True)) == 60
    assert kept(OPEN, Expires="0") == 0
    assert kept(OPEN, "max-age=7", Expires=formatdate(NOW + 500, usegmt=True)) == 7


def test_what_cannot_be_revalidated_is_not_kept_for_nothing() -> None:
    headers = CIMultiDict({"Cache-Control": "max-age=0"})
    assert lifetime(200, headers, OPEN, NOW) is None


@pytest.mark.parametrize(("status", "is_kept"), [(200, True), (301, True), (206, False)])
def test_statuses(status: int, is_kept: bool) -> None:
    assert (kept(OPEN, status=status) is not None) == is_kept


@pytest.mark.parametrize(
    ("status", "cache", "rule", "seconds"),
    [
        (404, "", None, 10),
        (503, "", None, 10),
        (403, "", None, 0),
        (403, "max-age=60", None, 60),
        (403, "", ErrorRule(ttl=0), 0),
        (403, "", ErrorRule("/index.html", 200, 30), 30),
        (404, "max-age=60", None, 60),
        (404, "max-age=1", None, 10),
        (404, "no-store", None, 10),
        (404, "", ErrorRule(ttl=0), 0),
        (418, "", None, 0),
        (416, "", None, 0),
    ],
)
def test_errors(status: int, cache: str, rule: ErrorRule | None, seconds: float) -> None:
    assert error_lifetime(status, CIMultiDict({"Cache-Control": cache}), rule) == seconds


@pytest.mark.parametrize(
    ("status", "cache", "may"),
    [
        (503, "max-age=1", True),
        (500, "", True),
        (404, "", False),
        (503, "max-age=1, must-revalidate", False),
        (503, "no-cache", False),
        (503, "stale-if-error=0", False),
    ],
)
def test_stale(status: int, cache: str, may: bool) -> None:
    assert may_serve_stale(status, CIMultiDict({"Cache-Control": cache})) is may
