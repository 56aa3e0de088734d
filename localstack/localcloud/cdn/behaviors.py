"""Which cache behavior a request belongs to, and what it refuses."""

import re
from functools import lru_cache

from multidict import CIMultiDict

from localcloud.cdn.messages import REDIRECT, Answer, Asked
from localcloud.cdn.model import Behavior, Distribution
from localcloud.cdn.pages import failure

_METHODS = (
    "This distribution is not configured to allow the HTTP request method that was used for this "
    "request. The distribution supports only cachable requests."
)
_BODY = "Bad request. A GET request must not have a body."


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def matches(pattern: str, uri: str) -> bool:
    """Whether a path pattern matches: `*` is any characters, `?` one; case-sensitive.

    A pattern may leave out the leading slash.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
    """
    text = uri if pattern.startswith(("/", "*")) else uri.removeprefix("/")
    return _compiled(pattern).fullmatch(text) is not None


def choose(distribution: Distribution, uri: str) -> Behavior:
    """Return the first behavior whose path pattern matches; the default one always does."""
    tried = distribution.behaviors[:-1]
    found = (behavior for behavior in tried if matches(behavior.pattern, uri))
    return next(found, distribution.behaviors[-1])


def rooted(distribution: Distribution, uri: str) -> str:
    """Return `uri`, or the default root object if it is the root.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DefaultRootObject.html
    """
    if uri == "/" and distribution.root_object:
        return "/" + distribution.root_object.removeprefix("/")
    return uri


def refusal(behavior: Behavior, asked: Asked) -> Answer | None:
    """Return what is answered without looking further, or None. Viewers come by plain HTTP.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
    """
    if behavior.protocol == "redirect-to-https":
        return _to_https(asked)
    if behavior.protocol == "https-only":
        return failure(403, "Bad request. We can't connect to the server by plain HTTP.")
    if asked.method not in behavior.allowed:
        return failure(403, _METHODS)
    if asked.method == "GET" and _has_body(asked):
        return failure(403, _BODY)
    return None


def _has_body(asked: Asked) -> bool:
    length = asked.headers.get("Content-Length", "0")
    return "Transfer-Encoding" in asked.headers or length != "0"


def _to_https(asked: Asked) -> Answer:
    query = f"?{asked.query}" if asked.query else ""
    location = f"https://{asked.headers.get('Host', '')}{asked.uri}{query}"
    safe = asked.method in ("GET", "HEAD")
    headers = CIMultiDict({"Location": location, "Server": "CloudFront"})
    return Answer(
        301 if safe else 307, "Moved Permanently" if safe else "Temporary Redirect", headers,
        b"", REDIRECT,
    )  # fmt: skip
