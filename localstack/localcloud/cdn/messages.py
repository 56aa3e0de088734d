"""What passes an edge: what a viewer asks, what an origin is asked, and what is answered."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from multidict import CIMultiDict

HIT = "Hit from cloudfront"
MISS = "Miss from cloudfront"
REFRESH_HIT = "RefreshHit from cloudfront"
ERROR = "Error from cloudfront"
REDIRECT = "Redirect from cloudfront"
FUNCTION = "FunctionGeneratedResponse from cloudfront"


@dataclass(frozen=True)
class Asked:
    """A viewer's request. `uri` and `query` are percent-encoded; `query` has no "?"."""

    method: str
    uri: str
    query: str
    headers: CIMultiDict[str]
    client: str = "127.0.0.1"


@dataclass(frozen=True)
class OriginRequest:
    """What an origin is asked. `body` streams what the viewer sends, or is None."""

    method: str
    uri: str
    query: str
    headers: CIMultiDict[str]
    body: AsyncIterator[bytes] | None = None


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Fetched:
    """An origin's response. A streamed `body` must be read to its end, or closed by `close`."""

    status: int
    reason: str
    headers: CIMultiDict[str]
    body: bytes | AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]] = _nothing


class OriginError(Exception):
    """The origin could not be asked. `status` is what the viewer gets: 502 or 504."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Answer:
    """A response on its way to the viewer. `cache` is its X-Cache; `age` in seconds, if cached.

    `whole` says that `body` is the object itself, so that a range of it may be served.
    """

    status: int
    reason: str
    headers: CIMultiDict[str]
    body: bytes | AsyncIterator[bytes] = b""
    cache: str = MISS
    age: int | None = None
    whole: bool = False
    close: Callable[[], Awaitable[None]] = field(default=_nothing)
