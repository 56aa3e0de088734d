"""What an edge keeps, for how long, and what viewers get of it.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
"""

import gzip
import time

import brotli
import httpx
import pytest

from tests.integration.cloud.distribution import DISABLED, Site, behavior, items
from tests.integration.local_cloud import eventually

pytestmark = pytest.mark.ecs
PAGE = "<p>" + "hello " * 500


def test_a_second_request_is_a_hit(site: Site) -> None:
    site.publish().put("a.txt", "one", "text/plain", "max-age=600")
    first = site.get("/a.txt")
    assert (first.text, first.headers["x-cache"]) == ("one", "Miss from cloudfront")
    assert "age" not in first.headers
    site.put("a.txt", "two", "text/plain")
    second = site.get("/a.txt")
    assert (second.text, second.headers["x-cache"]) == ("one", "Hit from cloudfront")
    assert int(second.headers["age"]) >= 0


def test_a_page_that_must_not_be_cached_is_kept_for_the_minimum(site: Site) -> None:
    """Why a deploy without an invalidation is seen for up to the policy's minimum TTL."""
    site.publish(behavior("bucket", site.policy(60, 86400, 31536000)))
    site.put("index.html", "one", cache="no-cache")
    assert site.cached() == "Miss"
    site.put("index.html", "two", cache="no-cache")
    assert site.cached() == "Hit"
    assert site.get().headers["cache-control"] == "no-cache"


def test_an_expired_object_is_revalidated(site: Site) -> None:
    site.publish(behavior("bucket", site.policy(1, 1, 1)))
    site.put("index.html", PAGE)
    assert site.cached() == "Miss"
    eventually(lambda: site.cached() == "RefreshHit", 10, every=0.3)
    site.put("index.html", "two")
    eventually(lambda: site.get().text == "two", 10, every=0.3)


def test_no_cache_without_a_minimum_is_revalidated_each_time(site: Site) -> None:
    site.publish(behavior("bucket", site.policy(0, 60, 60)))
    site.put("index.html", "one", cache="no-cache")
    assert [site.cached() for _ in range(3)] == ["Miss", "RefreshHit", "RefreshHit"]
    site.put("index.html", "two", cache="no-cache")
    assert site.get().text == "two"


@pytest.mark.parametrize("cache", ["no-store", "private"])
def test_what_must_not_be_stored_is_not(site: Site, cache: str) -> None:
    site.publish(behavior("bucket", site.policy(0, 60, 60)))
    site.put("index.html", "one", cache=cache)
    assert [site.cached() for _ in range(2)] == ["Miss", "Miss"]


def test_caching_disabled(site: Site) -> None:
    site.publish(behavior("bucket", DISABLED))
    site.put("index.html", "one", cache="max-age=600")
    assert [site.cached() for _ in range(2)] == ["Miss", "Miss"]


def test_the_maximum_bounds_max_age(site: Site) -> None:
    site.publish(behavior("bucket", site.policy(0, 1, 1)))
    site.put("index.html", "one", cache="max-age=600")
    site.get()
    site.put("index.html", "two", cache="max-age=600")
    eventually(lambda: site.get().text == "two", 10)


def test_query_strings_are_in_the_key_only_if_the_policy_says_so(site: Site) -> None:
    config = {"QueryStringBehavior": "whitelist", "QueryStrings": items("v")}
    site.publish(behavior("bucket", site.policy(60, 60, 60, QueryStringsConfig=config)))
    site.put("index.html", "one")
    found = [site.cached(path) for path in ("/?v=1", "/?v=2", "/?v=1&x=3", "/?x=4", "/")]
    assert found == ["Miss", "Miss", "Hit", "Miss", "Hit"]


def test_compressed_as_the_viewer_can_read_it(site: Site) -> None:
    site.publish().put("index.html", PAGE)
    raw = {}
    for accepted in ("gzip, deflate, br", "gzip", "identity"):
        headers = {"Accept-Encoding": accepted}
        with httpx.stream("GET", site.url, headers=headers, trust_env=False) as reply:
            raw[accepted] = (reply.headers.get("content-encoding"), b"".join(reply.iter_raw()))
            assert reply.headers["vary"] == "Accept-Encoding"
            assert reply.headers["etag"].startswith("W/") == (accepted != "identity")
    assert raw["gzip, deflate, br"][0] == "br"
    assert brotli.decompress(raw["gzip, deflate, br"][1]) == PAGE.encode()
    assert raw["gzip"][0] == "gzip"
    assert gzip.decompress(raw["gzip"][1]) == PAGE.encode()
    assert raw["identity"] == (None, PAGE.encode())


@pytest.mark.parametrize(
    ("key", "body", "kind"),
    [("a.html", "short", "text/html"), ("a.png", PAGE, "image/png")],
)
def test_not_compressed(site: Site, key: str, body: str, kind: str) -> None:
    site.publish().put(key, body, kind)
    assert "content-encoding" not in site.get(f"/{key}").headers


def test_a_viewer_revalidates(site: Site) -> None:
    site.publish().put("index.html", PAGE)
    first = site.get()
    again = site.get(headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["x-cache"] == "Hit from cloudfront"
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert site.get(headers=since).status_code == 304
    assert site.get(headers={"If-None-Match": '"other"'}).status_code == 200


def test_ranges(site: Site) -> None:
    site.publish().put("a.bin", bytes(range(100)), "application/octet-stream")
    for _ in range(2):  # from the origin, and from the cache
        part = site.get("/a.bin", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        assert part.headers["content-range"] == "bytes 10-19/100"
    assert site.get("/a.bin", headers={"Range": "bytes=-5"}).content == bytes(range(95, 100))
    assert site.get("/a.bin", headers={"Range": "bytes=90-"}).content == bytes(range(90, 100))
    assert site.get("/a.bin", headers={"Range": "bytes=100-"}).status_code == 416


def test_head(site: Site) -> None:
    site.publish().put("a.bin", b"x" * 100, "application/octet-stream")
    assert head(site) == "Miss from cloudfront"
    assert site.cached("/a.bin") == "Miss"  # a HEAD has no body to keep
    assert head(site) == "Hit from cloudfront"


def head(site: Site) -> str:
    reply = site.get("/a.bin", method="HEAD")
    assert (reply.headers["content-length"], reply.content) == ("100", b"")
    return str(reply.headers["x-cache"])


def test_a_missing_object_is_cached_for_ten_seconds_or_as_configured(site: Site) -> None:
    site.publish(
        CustomErrorResponses=items({"ErrorCode": 404, "ErrorCachingMinTTL": 1}), readable=False
    )
    both = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket"}
    site.allow("s3:GetObject", "/*", {**both, "Resource": f"arn:aws:s3:::{site.name}"})
    missing = site.get("/a.txt")
    assert (missing.status_code, missing.headers["x-cache"]) == (404, "Error from cloudfront")
    site.put("a.txt", "here", "text/plain")
    assert site.get("/a.txt").status_code == 404
    started = time.monotonic()
    eventually(lambda: site.get("/a.txt").status_code == 200)
    assert time.monotonic() - started < 8  # 10 without ErrorCachingMinTTL, from the first answer on
