"""Which rule of a listener a request meets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Request:
    """What a condition may ask about. `headers` has lower-case names; `host` has no port."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class Condition:
    """One condition: `field` as AWS names it, and the patterns of which any may match.

    A pattern of "query-string" is a pair (key, value), its key "" for any key.
    """

    field: str
    values: tuple[Any, ...]
    header: str = ""


@lru_cache(maxsize=1024)
def _pattern(text: str, *, any_case: bool) -> re.Pattern[str]:
    glob = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(glob, re.DOTALL | (re.IGNORECASE if any_case else 0))


def _like(pattern: str, text: str, *, any_case: bool = True) -> bool:
    return _pattern(pattern, any_case=any_case).fullmatch(text) is not None


def _any_like(patterns: Iterable[str], text: str) -> bool:
    return any(_like(pattern, text) for pattern in patterns)


def _path(condition: Condition, request: Request) -> bool:
    return any(_like(value, request.path, any_case=False) for value in condition.values)


def _header(condition: Condition, request: Request) -> bool:
    found = request.headers.get(condition.header.lower())
    return found is not None and _any_like(condition.values, found)


def _query(condition: Condition, request: Request) -> bool:
    return any(
        (not key or _like(key, name)) and _like(value, text)
        for key, value in condition.values
        for name, text in request.query
    )


def _source(condition: Condition, request: Request) -> bool:
    address = ipaddress.ip_address(request.source)
    return any(address in ipaddress.ip_network(value, strict=False) for value in condition.values)


_TESTS: Mapping[str, Callable[[Condition, Request], bool]] = {
    "path-pattern": _path,
    "host-header": lambda condition, request: _any_like(condition.values, request.host),
    "http-header": _header,
    "http-request-method": lambda condition, request: request.method in condition.values,
    "query-string": _query,
    "source-ip": _source,
}


def matches(conditions: Sequence[Condition], request: Request) -> bool:
    """Whether the request meets every condition. A condition of an unknown field never matches."""
    return all(
        condition.field in _TESTS and _TESTS[condition.field](condition, request)
        for condition in conditions
    )
