"""How long an edge keeps an object.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict

from localcloud.cdn.model import CachePolicy, ErrorRule

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
_ERRORS_ALWAYS = frozenset((404, 414, 500, 501, 502, 503, 504))
_ERRORS_BY_HEADER = frozenset((400, 403, 405, 412, 415))
_KEPT = frozenset((200, 203, 204, 300, 301, 302, 307, 308, 410))
_STALE_ALLOWED = frozenset((500, 502, 503, 504))


def directives(headers: CIMultiDict[str]) -> dict[str, str]:
    """Return Cache-Control as lower-case directives and their values."""
    text = ",".join(headers.getall("Cache-Control", ()))
    pairs = (part.strip().partition("=") for part in text.split(",") if part.strip())
    return {name.lower(): value.strip('"') for name, _, value in pairs}


def lifetime(
    status: int, headers: CIMultiDict[str], policy: CachePolicy, now: float
) -> float | None:
    """Return for how many seconds a response stays fresh; None: it must not be kept at all.

    0: it is kept, and the origin is asked each time whether it changed. `now` is Unix time.
    """
    said = directives(headers)
    if policy.max_ttl == 0 or status not in _KEPT:
        return None
    if said.keys() & {"no-store", "private", "no-cache"}:
        if policy.min_ttl:
            return policy.min_ttl
        return 0 if not said.keys() & {"no-store", "private"} and validated(headers) else None
    declared = _declared(said, headers, now)
    if declared is None:
        return max(policy.min_ttl, policy.default_ttl) or None
    kept = min(max(declared, policy.min_ttl), policy.max_ttl)
    return kept if kept or validated(headers) else None


def validated(headers: CIMultiDict[str]) -> bool:
    """Whether the origin can be asked if the object changed."""
    return "ETag" in headers or "Last-Modified" in headers


def _declared(said: Mapping[str, str], headers: CIMultiDict[str], now: float) -> float | None:
    for name in ("s-maxage", "max-age"):
        if said.get(name, "").isdigit():
            return float(said[name])
    if "Expires" not in headers:
        return None
    try:
        return max(0.0, parsedate_to_datetime(headers["Expires"]).timestamp() - now)
    except ValueError:
        return 0.0  # RFC 9111, section 5.3: an invalid date is in the past


def error_lifetime(status: int, headers: CIMultiDict[str], rule: ErrorRule | None) -> float:
    """Return for how many seconds an error is kept: the minimum, or longer if it says so.

    The cache policy has no say in this.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
    """
    said = directives(headers)
    declared = next(
        (float(said[n]) for n in ("s-maxage", "max-age") if said.get(n, "").isdigit()), None
    )
    if status in _ERRORS_ALWAYS or rule:
        return max((rule or ErrorRule()).ttl, declared or 0)
    return max(ErrorRule().ttl, declared) if status in _ERRORS_BY_HEADER and declared else 0


def may_serve_stale(status: int, headers: CIMultiDict[str]) -> bool:
    """Whether an expired object is served because the origin fails with `status`.

    `headers` are the object's.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
    """
    said = directives(headers)
    forbidden = {"must-revalidate", "proxy-revalidate", "no-cache", "no-store", "private"}
    return (
        status in _STALE_ALLOWED
        and not said.keys() & forbidden
        and said.get("stale-if-error") != "0"
    )
