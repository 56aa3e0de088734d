"""The cache key of a request, and what of the request goes on to the origin.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from multidict import CIMultiDict

from localcloud.cdn.messages import Asked
from localcloud.cdn.model import Behavior, CachePolicy, Origin
from localcloud.elb.forwarding import end_to_end

_BODY = ("content-length", "transfer-encoding")
_CONDITIONS = ("range", "if-range", "if-match", "if-none-match", "if-modified-since",
               "if-unmodified-since")  # fmt: skip
_OWN = frozenset(
    (
        "expect",
        "host",
        "cookie",
        "accept-encoding",
        "user-agent",
        "x-forwarded-for",
        "via",
        "x-amz-cf-id",
    )
)


@dataclass(frozen=True)
class Key:
    """What tells two cached objects apart. `rest` are the headers and cookies of the key."""

    distribution: str
    method: str
    uri: str
    query: str
    rest: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """What an invalidation path names."""
        return f"{self.uri}?{self.query}" if self.query else self.uri


def key_of(distribution: str, asked: Asked, policy: CachePolicy) -> Key:
    """Return the cache key. HEAD shares what GET has cached."""
    rest = [("accept-encoding", normalized(asked.headers.get("Accept-Encoding", ""), policy))]
    rest += sorted(
        (name.lower(), value)
        for name, value in asked.headers.items()
        if policy.headers.takes(name.lower())
        and (name.lower() != "accept-encoding" or not (policy.gzip or policy.brotli))
    )
    rest.append(("cookie", cookies(asked, policy.cookies.takes)))
    method = "GET" if asked.method == "HEAD" else asked.method
    return Key(distribution, method, asked.uri, queries(asked.query, policy.queries.takes),
               tuple(rest))  # fmt: skip


def normalized(accepted: str, policy: CachePolicy) -> str:
    """Return the part of Accept-Encoding that the policy lets into the key: br, gzip or both.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html#cache-policy-compressed-objects
    """
    names = set()
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        if parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            names.add(name.strip())
    wanted = (("br", policy.brotli), ("gzip", policy.gzip))
    return ",".join(name for name, enabled in wanted if enabled and name in names)


def queries(query: str, takes: Callable[[str], bool]) -> str:
    """Return the parts of a query string whose names are taken, as they came."""
    parts = [part for part in query.split("&") if part]
    return "&".join(part for part in parts if takes(unquote_plus(part.partition("=")[0])))


def cookies(asked: Asked, takes: Callable[[str], bool]) -> str:
    """Return the Cookie header with only the cookies that are taken."""
    parts = [
        part.strip() for line in asked.headers.getall("Cookie", ()) for part in line.split(";")
    ]
    return "; ".join(part for part in parts if part and takes(part.partition("=")[0]))


def origin_query(asked: Asked, behavior: Behavior) -> str:
    """Return the query string that the origin gets."""
    takes = (behavior.cache.queries.takes, behavior.forward.queries.takes)
    return queries(asked.query, lambda name: any(take(name) for take in takes))


def takes_cookies(behavior: Behavior) -> bool:
    """Whether any cookie passes; if none does, Set-Cookie is taken off responses as well.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Cookies.html
    """
    return not behavior.cache.cookies.behavior == behavior.forward.cookies.behavior == "none"


def origin_headers(
    asked: Asked, behavior: Behavior, origin: Origin, *, request_id: str, conditions: bool
) -> CIMultiDict[str]:
    """Return the headers that the origin gets.

    `conditions`: the viewer's Range and If-* headers go on, because nothing is kept here.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
    """
    always = _BODY + (_CONDITIONS if conditions else ())
    never = _OWN if conditions else _OWN.union(_CONDITIONS)
    sent: CIMultiDict[str] = CIMultiDict()
    for name, value in end_to_end(asked.headers.items()).items():
        lower = name.lower()
        if lower in always or (lower not in never and _takes_header(behavior, lower)):
            sent.add(name, value)
    _add_own(sent, asked, behavior, origin)
    sent["Via"] = f"1.1 {request_id[:32].lower()}.cloudfront.net (CloudFront)"
    sent["X-Amz-Cf-Id"] = request_id
    for name, value in origin.headers:
        sent[name] = value
    return sent


def _takes_header(behavior: Behavior, name: str) -> bool:
    return behavior.cache.headers.takes(name) or behavior.forward.headers.takes(name)


def _add_own(sent: CIMultiDict[str], asked: Asked, behavior: Behavior, origin: Origin) -> None:
    given = asked.headers
    viewers_host = _takes_header(behavior, "host")
    sent["Host"] = given.get("Host", origin.domain) if viewers_host else origin.domain
    agent = given.get("User-Agent") if _takes_header(behavior, "user-agent") else None
    sent["User-Agent"] = agent or "Amazon CloudFront"
    earlier = given.get("X-Forwarded-For")
    sent["X-Forwarded-For"] = f"{earlier}, {asked.client}" if earlier else asked.client
    takes = (behavior.cache.cookies.takes, behavior.forward.cookies.takes)
    if kept := cookies(asked, lambda name: any(take(name) for take in takes)):
        sent["Cookie"] = kept
    if encoding := _encoding(given.get("Accept-Encoding", ""), behavior):
        sent["Accept-Encoding"] = encoding


def _encoding(accepted: str, behavior: Behavior) -> str:
    if behavior.cache.gzip or behavior.cache.brotli:
        return normalized(accepted, behavior.cache)
    return accepted if _takes_header(behavior, "accept-encoding") else ""
