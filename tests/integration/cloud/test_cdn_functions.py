"""CloudFront Functions, run as JavaScript.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

import time
from typing import Any

import httpx
import pytest

from tests.integration.cloud.distribution import Site, behavior, items

pytestmark = pytest.mark.ecs

INDEX = """
function handler(event) {
    var request = event.request;
    if (request.uri.startsWith("/.shipway/")) return { statusCode: 404, statusDescription: "Gone" };
    if (request.uri.endsWith("/")) request.uri += "index.html";
    else if (!request.uri.includes(".")) request.uri += "/index.html";
    return request;
}
"""


def published(site: Site, code: str, event: str = "viewer-request", **options: Any) -> Site:
    function = site.function(code)
    association = {"EventType": event, "FunctionARN": function["arn"]}
    return site.publish(behavior("bucket", FunctionAssociations=items(association), **options))


def test_a_request_is_rewritten_before_the_cache(site: Site) -> None:
    published(site, INDEX)
    site.put("docs/index.html", "docs")
    assert site.get("/docs").text == "docs"
    assert site.cached("/docs/") == "Hit"
    assert site.cached("/docs/index.html") == "Hit"


def test_a_response_of_its_own(site: Site) -> None:
    published(site, INDEX)
    site.put(".shipway/live.json", "{}")
    reply = site.get("/.shipway/live.json")
    assert reply.status_code == 404
    assert reply.headers["x-cache"] == "FunctionGeneratedResponse from cloudfront"
    assert "{}" not in reply.text


def test_a_redirect_with_cookies_and_a_body(site: Site) -> None:
    published(
        site,
        """function handler(event) { return {
        statusCode: 302, statusDescription: "Found",
        headers: { location: { value: "/new" }, "x-many": {
            value: "1", multiValue: [{ value: "1" }, { value: "2" }] } },
        cookies: { a: { value: "1", attributes: "Path=/" } },
        body: { encoding: "text", data: "go" } } }""",
    )
    reply = site.get("/old")
    assert (reply.status_code, reply.text) == (302, "go")
    assert reply.headers["location"] == "/new"
    assert reply.headers.get_list("x-many") == ["1", "2"]
    assert reply.headers["set-cookie"] == "a=1; Path=/"


def test_the_event(site: Site) -> None:
    published(
        site,
        """function handler(event) { return {
        statusCode: 200, body: JSON.stringify(event) } }""",
    )
    headers = {"X-Mine": "yes", "Cookie": "id=abc; theme=dark"}
    event = site.get("/a%20b?x=1&x=2&y=", headers=headers).json()
    assert event["version"] == "1.0"
    assert event["context"]["distributionId"] == site.id
    assert event["context"]["distributionDomainName"] == site.domain
    assert event["context"]["eventType"] == "viewer-request"
    assert event["viewer"]["ip"] in ("127.0.0.1", "::1")
    request = event["request"]
    assert (request["method"], request["uri"]) == ("GET", "/a%20b")
    assert request["headers"]["x-mine"] == {"value": "yes"}
    assert request["cookies"] == {"id": {"value": "abc"}, "theme": {"value": "dark"}}
    assert request["querystring"]["x"]["multiValue"] == [{"value": "1"}, {"value": "2"}]
    assert request["querystring"]["y"] == {"value": ""}
    assert "cookie" not in request["headers"]


def test_an_async_handler(site: Site) -> None:
    published(
        site,
        """async function handler(event) {
        await null; event.request.uri = "/b.txt"; return event.request }""",
    )
    site.put("b.txt", "found", "text/plain")
    assert site.get("/a.txt").text == "found"


def test_a_response_is_changed_on_its_way(site: Site) -> None:
    published(
        site,
        """function handler(event) {
        var response = event.response;
        response.headers["x-path"] = { value: event.request.uri };
        delete response.headers["x-amz-meta-secret"];
        return response }""",
        "viewer-response",
    )
    site.s3.put_object(Bucket=site.name, Key="a.txt", Body=b"x", Metadata={"secret": "1"})
    for _ in range(2):  # also from the cache
        reply = site.get("/a.txt")
        assert (reply.text, reply.headers["x-path"]) == ("x", "/a.txt")
        assert "x-amz-meta-secret" not in reply.headers


@pytest.mark.parametrize(
    "code",
    [
        "function handler(event) { throw new Error('no') }",
        "function handler(event) { return undefined }",
        "function handler(event) { return { statusCode: 'x' } }",
        "function other(event) {}",
        "not javascript",
        "function handler(event) { while (true) {} }",
        "function handler(event) { var all = []; while (true) all.push(new Array(1000)) }",
        "import cf from 'cloudfront';\nfunction handler(event) { return event.request }",
    ],
)
def test_a_function_that_fails_is_a_503(site: Site, code: str) -> None:
    published(site, code)
    site.put("index.html", "x")
    reply = site.get()
    assert reply.status_code == 503
    assert "CloudFront function" in reply.text
    assert reply.headers["x-cache"] == "Error from cloudfront"


def test_only_what_is_published_runs(site: Site) -> None:
    answer = "function handler(event) {{ return {{ statusCode: 200, body: '{}' }} }}"
    function = site.function(answer.format("one"), live=False)
    association = {"EventType": "viewer-request", "FunctionARN": function["arn"]}
    site.publish(behavior("bucket", FunctionAssociations=items(association)))
    assert site.get().status_code == 503
    site.cdn.publish_function(Name=function["name"], IfMatch=function["etag"])
    assert site.get().text == "one"
    updated = site.cdn.update_function(
        Name=function["name"],
        IfMatch=function["etag"],
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=answer.format("two").encode(),
    )
    assert site.get().text == "one"
    site.cdn.publish_function(Name=function["name"], IfMatch=updated["ETag"])
    assert site.get().text == "two"


def test_nothing_is_kept_between_two_requests(site: Site) -> None:
    published(
        site,
        """var count = 0;
        function handler(event) { count++; return { statusCode: 200, body: String(count) } }""",
    )
    assert [site.get().text for _ in range(3)] == ["1", "1", "1"]


def test_a_request_takes_little_longer_than_without_a_function(site: Site) -> None:
    """About 1.5 times as long; to start a process for each would take tens of times as long."""
    function = {"EventType": "viewer-request", "FunctionARN": site.function(INDEX)["arn"]}
    site.publish(
        behavior("bucket", FunctionAssociations=items(function)),
        CacheBehaviors=items({**behavior("bucket"), "PathPattern": "/plain/*"}),
    )
    spent = {f"{site.url}/index.html": 0.0, f"{site.url}/plain/index.html": 0.0}
    site.put("index.html", "x")
    site.put("plain/index.html", "x")
    with httpx.Client(trust_env=False) as client:
        for number in range(200):
            for url in spent:
                started = time.monotonic()
                assert client.get(url).status_code == 200
                spent[url] += (time.monotonic() - started) * (number > 0)
    rewritten, plain = spent.values()
    assert rewritten < 10 * plain
