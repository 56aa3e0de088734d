"""CloudFront Functions: the event that one gets, and what becomes of what it returns.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from multidict import CIMultiDict

from localcloud.cdn.messages import FUNCTION, Answer, Asked
from localcloud.cdn.model import Distribution

Event = dict[str, Any]


class FunctionError(Exception):
    """The function failed; the viewer gets a 503. The message is for the local cloud's log."""


def request_event(kind: str, distribution: Distribution, asked: Asked, request_id: str) -> Event:
    """Build the event of a viewer's request; `kind` is viewer-request or viewer-response."""
    query = (pair.partition("=") for pair in asked.query.split("&") if pair)
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": distribution.domain,
            "distributionId": distribution.id,
            "eventType": kind,
            "requestId": request_id,
        },
        "viewer": {"ip": asked.client},
        "request": {
            "method": asked.method,
            "uri": asked.uri,
            "querystring": _grouped((name, value) for name, _, value in query),
            "headers": _grouped(_headers(asked.headers, "cookie")),
            "cookies": _grouped(_cookies(asked.headers)),
        },
    }


def with_response(event: Event, answer: Answer) -> Event:
    """Return the event with a response in it."""
    response = {
        "statusCode": answer.status,
        "statusDescription": answer.reason,
        "headers": _grouped(_headers(answer.headers, "set-cookie")),
        "cookies": dict(_set_cookies(answer.headers)),
    }
    return {**event, "response": response}


def _headers(headers: CIMultiDict[str], without: str) -> Iterable[tuple[str, str]]:
    return ((n.lower(), value) for n, value in headers.items() if n.lower() != without)


def _cookies(headers: CIMultiDict[str]) -> Iterable[tuple[str, str]]:
    for line in headers.getall("Cookie", ()):
        for part in line.split(";"):
            name, separator, value = part.strip().partition("=")
            if separator:
                yield name, value


def _set_cookies(headers: CIMultiDict[str]) -> Iterable[tuple[str, dict[str, str]]]:
    for line in headers.getall("Set-Cookie", ()):
        pair, _, attributes = line.partition(";")
        name, _, value = pair.strip().partition("=")
        yield name, {"value": value, "attributes": attributes.strip()}


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    grouped: dict[str, Any] = {}
    for name, value in pairs:
        if name in grouped:
            first = grouped[name]
            first.setdefault("multiValue", [{"value": first["value"]}]).append({"value": value})
        else:
            grouped[name] = {"value": value}
    return grouped


def _pairs(grouped: Any) -> Iterable[tuple[str, str]]:
    if not isinstance(grouped, Mapping):
        raise FunctionError("headers, cookies and querystring must be objects")
    for name, item in grouped.items():
        if not isinstance(item, Mapping) or "value" not in item:
            raise FunctionError(f"{name} must be an object with a value")
        for one in item.get("multiValue") or [item]:
            yield name, str(one["value"])


def returned(result: Any, asked: Asked) -> Asked | Answer:
    """Return what a viewer-request function made: another request, or a response of its own."""
    if not isinstance(result, dict):
        raise FunctionError("the function must return the request or a response")
    if "statusCode" in result:
        return _response(result, Answer(0, "", CIMultiDict(), cache=FUNCTION))
    uri = result.get("uri", asked.uri)
    if not isinstance(uri, str) or not uri.startswith("/"):
        raise FunctionError(f"uri must begin with a slash, not {uri!r}")
    headers = CIMultiDict(_checked(_pairs(result.get("headers", {}))))
    if kept := "; ".join(f"{name}={value}" for name, value in _pairs(result.get("cookies", {}))):
        headers["Cookie"] = kept
    if "host" not in headers and "Host" in asked.headers:
        headers["Host"] = asked.headers["Host"]
    path = urlsplit(f"//x{uri}")
    query = _query(result.get("querystring", {})) or path.query
    return replace(asked, uri=path.path, query=query, headers=headers)


def _checked(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for name, value in pairs:
        if "\r" in value or "\n" in value or not name:
            raise FunctionError(f"header {name!r} is not valid")
        yield name, value


def _query(given: Any) -> str:
    if isinstance(given, str):
        return given.removeprefix("?")
    return "&".join(f"{name}={value}" if value else name for name, value in _pairs(given))


def modified(result: Any, answer: Answer) -> Answer:
    """Return the response as a viewer-response function made it."""
    if not isinstance(result, dict) or "statusCode" not in result:
        raise FunctionError("the function must return a response with a statusCode")
    return _response(result, answer)


def _response(result: Mapping[str, Any], answer: Answer) -> Answer:
    status = result["statusCode"]
    if not isinstance(status, (int, float)) or not 200 <= status <= 599:  # noqa: PLR2004
        raise FunctionError(f"statusCode must be a number from 200 to 599, not {status!r}")
    headers = CIMultiDict(
        (name.title(), value) for name, value in _checked(_pairs(result.get("headers", {})))
    )
    for name, cookie in (result.get("cookies") or {}).items():
        attributes = f"; {cookie['attributes']}" if cookie.get("attributes") else ""
        headers.add("Set-Cookie", f"{name}={cookie['value']}{attributes}")
    reason = str(result.get("statusDescription") or answer.reason)
    made = replace(answer, status=int(status), reason=reason, headers=headers)
    if "body" not in result:
        return made
    headers.popall("Content-Length", None)
    return replace(made, body=_body(result["body"]), whole=False)


def _body(body: Any) -> bytes:
    if not isinstance(body, Mapping):
        return str(body).encode()
    data = str(body.get("data", ""))
    return base64.b64decode(data) if body.get("encoding") == "base64" else data.encode()


def name_of(arn: str) -> str:
    """Return the name of the function with this ARN."""
    return unquote(arn.rpartition("function/")[2])
