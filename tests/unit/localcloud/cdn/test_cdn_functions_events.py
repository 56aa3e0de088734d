"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html"""

from typing import Any

import pytest
from multidict import CIMultiDict

from localcloud.cdn import javascript
from localcloud.cdn.functions import (
    FunctionError,
    modified,
    name_of,
    request_event,
    returned,
    with_response,
)
from localcloud.cdn.messages import Answer, Asked
from localcloud.cdn.model import Distribution

SITE = Distribution("E1", "arn", "d.cloudfront.net", True, (), {})
HEADERS = CIMultiDict([("Host", "h"), ("Accept", "a"), ("Accept", "b"), ("Cookie", "x=1; y=2")])
ASKED = Asked("GET", "/a", "q=1&q=2&r=%20", HEADERS, "192.0.2.1")


def event() -> dict[str, Any]:
    return request_event("viewer-request", SITE, ASKED, "id")


def test_a_request_that_is_not_touched_comes_back_as_it_was() -> None:
    found = returned(event()["request"], ASKED)
    assert isinstance(found, Asked)
    assert (found.method, found.uri, found.query) == (ASKED.method, ASKED.uri, ASKED.query)
    assert found.headers.getall("Accept") == ["a", "b"]
    assert (found.headers["Cookie"], found.headers["Host"]) == ("x=1; y=2", "h")


def test_repeated_values() -> None:
    request = event()["request"]
    assert request["headers"]["accept"]["multiValue"] == [{"value": "a"}, {"value": "b"}]
    assert request["querystring"]["r"] == {"value": "%20"}


@pytest.mark.parametrize(
    "result",
    [
        None, "x", [], {"uri": "no-slash"}, {"uri": 1}, {"headers": {"a": "b"}}, {"headers": []},
        {"headers": {"a": {"value": "b\r\nc: d"}}}, {"statusCode": 99}, {"statusCode": None},
    ],
)  # fmt: skip
def test_results_that_are_refused(result: Any) -> None:
    with pytest.raises(FunctionError):
        returned(result, ASKED)


def test_a_response() -> None:
    found = returned({"statusCode": 200, "body": {"encoding": "base64", "data": "aGk="}}, ASKED)
    assert isinstance(found, Answer)
    assert (found.status, found.body) == (200, b"hi")


def test_a_changed_response_keeps_its_body_and_loses_what_was_deleted() -> None:
    headers = CIMultiDict({"ETag": '"1"', "X-Gone": "1"})
    headers.add("Set-Cookie", "a=1; Path=/")
    answer = Answer(200, "OK", headers, b"body", age=3)
    response = with_response(event(), answer)["response"]
    assert response["cookies"] == {"a": {"value": "1", "attributes": "Path=/"}}
    del response["headers"]["x-gone"]
    response["headers"]["x-new"] = {"value": "1"}
    found = modified(response, answer)
    assert (found.body, found.age) == (b"body", 3)
    assert dict(found.headers) == {"Etag": '"1"', "X-New": "1", "Set-Cookie": "a=1; Path=/"}


def test_names() -> None:
    assert name_of("arn:aws:cloudfront::123456789012:function/site-urls") == "site-urls"


def run(body: str) -> Any:
    return javascript.run("f", f"function handler(event) {{ {body} }}", event())


def test_modern_javascript() -> None:
    assert run("const {uri} = event.request; return {u: `${uri}!`, s: uri?.at(0) ?? 1}") == {
        "u": "/a!", "s": "/",
    }  # fmt: skip


def test_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    run("console.log('seen', event.request.uri); return event.request")
    assert "function f: seen /a" in caplog.text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("throw new Error('boom')", "boom"),
        ("return Promise.reject(new Error('later'))", "later"),
        ("return eval('1')", "eval"),
        ("return undefined", "returned nothing"),
        ("return new Promise(() => {})", "returned nothing"),
        ("while (true) {}", "interrupted"),
        ("const f = () => f() + 1; return f()", "stack"),
        ("require('crypto')", "no modules"),
    ],
)
def test_failures_are_told(body: str, told: str) -> None:
    with pytest.raises(FunctionError, match=told):
        run(body)


def test_a_function_that_never_loads() -> None:
    with pytest.raises(FunctionError, match="interrupted"):
        javascript.run("f", "while (true) {}", event())
