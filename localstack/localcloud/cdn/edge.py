"""One edge: the cache, and how a request finds its object in it or behind it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from multidict import CIMultiDict

from localcloud.cdn import compression
from localcloud.cdn.behaviors import choose
from localcloud.cdn.freshness import error_lifetime, lifetime, may_serve_stale
from localcloud.cdn.keys import Key, key_of, origin_headers, origin_query, takes_cookies
from localcloud.cdn.messages import (
    ERROR,
    HIT,
    MISS,
    REFRESH_HIT,
    Answer,
    Asked,
    Fetched,
    OriginError,
    OriginRequest,
)
from localcloud.cdn.model import Behavior, Distribution, Origin
from localcloud.cdn.pages import failure
from localcloud.cdn.store import MEGABYTE, Store, Stored

_LOG = logging.getLogger(__name__)
_LARGEST = 64 * MEGABYTE  # a larger object passes without being kept
_WHOLE = compression.LARGEST  # bytes; up to here an object is read before its first byte is sent
_LARGEST_ERROR = MEGABYTE
_NOT_MODIFIED, _FIRST_ERROR = 304, 400
_IN_THREAD = 64 * 1024  # bytes; compressing more would hold up every other request


class Origins(Protocol):
    """Asks an origin. Raises OriginError."""

    async def fetch(
        self, distribution: Distribution, origin: Origin, request: OriginRequest
    ) -> Fetched: ...


@dataclass(frozen=True)
class Visit:
    """A request with what it belongs to. `page`: it is for a custom error page."""

    distribution: Distribution
    behavior: Behavior
    asked: Asked
    request_id: str
    body: AsyncIterator[bytes] | None = None
    page: bool = False

    @property
    def key(self) -> Key:
        return key_of(self.distribution.id, self.asked, self.behavior.cache)

    @property
    def keeps_errors(self) -> bool:
        return self.asked.method in self.behavior.cached

    @property
    def keeps(self) -> bool:
        """Whether the response may be kept, as far as the request goes."""
        return self.keeps_errors and self.behavior.cache.max_ttl > 0


class Edge:
    """Finds what a viewer asks for. `clock` returns Unix time."""

    def __init__(self, origins: Origins, store: Store, clock: Callable[[], float]) -> None:
        self._origins = origins
        self._store = store
        self._clock = clock
        self._turns: dict[Key, asyncio.Event] = {}

    async def find(self, visit: Visit) -> Answer:
        """Return the object or an error, from the cache or from the origin."""
        if not visit.keeps:
            return self._hit(visit) or await self._fetch(visit, None)
        found = self._hit(visit)
        if found is None and visit.key in self._turns:
            # Somebody else fetches it at this moment: one request to the origin is enough.
            await self._turns[visit.key].wait()
            found = self._hit(visit)
        return found or await self._fetch_once(visit)

    async def _fetch_once(self, visit: Visit) -> Answer:
        key, turn = visit.key, asyncio.Event()
        self._turns.setdefault(key, turn)
        try:
            return await self._fetch(visit, self._store.get(key))
        finally:
            if self._turns.get(key) is turn:
                del self._turns[key]
            turn.set()

    def _hit(self, visit: Visit) -> Answer | None:
        if not visit.keeps_errors:
            return None
        stored = self._store.get(visit.key)
        if stored is None or not stored.fresh(self._clock()):
            return None
        return self._served(stored, ERROR if stored.error else HIT)

    def _served(self, stored: Stored, cache: str) -> Answer:
        age = None if cache == MISS else max(0, int(self._clock() - stored.since))
        return Answer(
            stored.status, stored.reason, stored.headers.copy(), stored.body, cache, age,
            whole=not stored.error,
        )  # fmt: skip

    async def _fetch(self, visit: Visit, stale: Stored | None) -> Answer:
        generation = self._store.generation(visit.distribution.id)
        origin = visit.distribution.origins[visit.behavior.origin]
        known = None if stale is None or stale.error else stale
        try:
            fetched = await self._origins.fetch(
                visit.distribution, origin, _request(visit, origin, known)
            )
        except OriginError as error:
            page = failure(error.status, error.message)
            fetched = Fetched(page.status, page.reason, page.headers, page.body)
        if not takes_cookies(visit.behavior):
            fetched.headers.popall("Set-Cookie", None)
        if known and (served := await self._from_stale(visit, known, fetched, generation)):
            return served
        if fetched.status >= _FIRST_ERROR:
            return await self._error(visit, fetched, generation)
        return await self._object(visit, fetched, generation)

    async def _from_stale(
        self, visit: Visit, stale: Stored, fetched: Fetched, generation: int
    ) -> Answer | None:
        now = self._clock()
        if fetched.status == _NOT_MODIFIED:
            headers = stale.renewed(fetched.headers, now, now).headers
            kept = lifetime(stale.status, headers, visit.behavior.cache, now)
            renewed = stale.renewed(fetched.headers, now, now + (kept or 0))
            cache = REFRESH_HIT
        elif may_serve_stale(fetched.status, stale.headers):
            rule = visit.distribution.errors.get(fetched.status)
            kept = error_lifetime(fetched.status, fetched.headers, rule)
            renewed, cache = replace(stale, until=now + kept), HIT
        else:
            return None
        await fetched.close()
        self._store.put(visit.key, renewed, generation)
        return self._served(renewed, cache)

    async def _object(self, visit: Visit, fetched: Fetched, generation: int) -> Answer:
        now = self._clock()
        kept = lifetime(fetched.status, fetched.headers, visit.behavior.cache, now)
        if visit.asked.method == "HEAD" or not visit.keeps or kept is None:
            return await self._passing(visit, fetched)
        if not isinstance(fetched.body, bytes) and _length(fetched) > _WHOLE:
            return self._teed(visit, fetched, generation, now + kept)
        stored = await self._stored(visit, fetched, now + kept)
        self._store.put(visit.key, stored, generation)
        return self._served(stored, MISS)

    async def _passing(self, visit: Visit, fetched: Fetched) -> Answer:
        """Hand on what is not kept, compressed if it is of that kind."""
        if visit.asked.method == "HEAD" or not _packs(visit, fetched):
            whole = isinstance(fetched.body, bytes) and visit.keeps
            return _answer(fetched, fetched.body, whole=whole)
        stored = await self._stored(visit, fetched, 0)
        return self._served(stored, MISS)

    async def _stored(self, visit: Visit, fetched: Fetched, until: float) -> Stored:
        body = await _read(fetched)
        headers = fetched.headers.copy()
        headers.popall("Content-Length", None)
        validators = tuple(
            (name, headers[name]) for name in ("ETag", "Last-Modified") if name in headers
        )
        if _packs(visit, fetched):
            body = await _compress(body, headers, _accepted(visit))
        if visit.behavior.compress and compression.compresses(fetched.status, fetched.headers):
            compression.vary(headers)
        return Stored(
            fetched.status, fetched.reason, headers, body, self._clock(), until, validators
        )

    def _teed(self, visit: Visit, fetched: Fetched, generation: int, until: float) -> Answer:
        """Hand on a body as it comes, and keep it when it has come to its end."""
        source = fetched.body
        assert not isinstance(source, bytes)  # noqa: S101 - see _object

        async def passing() -> AsyncIterator[bytes]:
            parts: list[bytes] = []
            size = 0
            async for chunk in source:
                size += len(chunk)
                if size <= _LARGEST:
                    parts.append(chunk)
                yield chunk
            if size <= _LARGEST:
                whole = replace(fetched, body=b"".join(parts))
                self._store.put(visit.key, await self._stored(visit, whole, until), generation)

        return _answer(fetched, passing(), whole=False)

    async def _error(self, visit: Visit, fetched: Fetched, generation: int) -> Answer:
        """Answer an origin's error: with the distribution's own page, if it has one."""
        rule = visit.distribution.errors.get(fetched.status)
        kept = error_lifetime(fetched.status, fetched.headers, rule)
        made = await self._own_page(visit, fetched) if rule and rule.page else fetched
        small = isinstance(made.body, bytes) or _length(made) <= _LARGEST_ERROR
        if visit.asked.method == "HEAD" or not visit.keeps_errors or not kept or not small:
            return replace(_answer(made, made.body, whole=False), cache=ERROR)
        stored = replace(await self._stored(visit, made, self._clock() + kept), error=True)
        self._store.put(visit.key, stored, generation)
        return replace(self._served(stored, ERROR), age=None)

    async def _own_page(self, visit: Visit, fetched: Fetched) -> Fetched:
        """Return the custom error page, or the error itself if there is no such page.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
        """
        rule = visit.distribution.errors[fetched.status]
        if visit.page:
            return fetched
        asked = replace(visit.asked, method="GET", uri=rule.page, query="")
        behavior = choose(visit.distribution, rule.page)
        page = await self.find(replace(visit, behavior=behavior, asked=asked, body=None, page=True))
        if page.status >= _FIRST_ERROR:
            _LOG.warning("error page %s: %d", rule.page, page.status)
            await page.close()
            return fetched
        await fetched.close()
        status = rule.status or fetched.status
        return Fetched(status, "", page.headers, page.body, page.close)


def _request(visit: Visit, origin: Origin, known: Stored | None) -> OriginRequest:
    headers = origin_headers(
        visit.asked, visit.behavior, origin, request_id=visit.request_id,
        conditions=not visit.keeps,
    )  # fmt: skip
    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    for name, value in known.validators if known and visit.asked.method == "GET" else ():
        headers[names[name]] = value
    query = origin_query(visit.asked, visit.behavior)
    return OriginRequest(visit.asked.method, visit.asked.uri, query, headers, visit.body)


def _accepted(visit: Visit) -> str:
    return dict(visit.key.rest)["accept-encoding"]


def _packs(visit: Visit, fetched: Fetched) -> bool:
    return (
        visit.behavior.compress
        and bool(_accepted(visit))
        and compression.compresses(fetched.status, fetched.headers)
    )


async def _compress(body: bytes, headers: CIMultiDict[str], accepted: str) -> bytes:
    if len(body) > _IN_THREAD:
        packed, encoding = await asyncio.to_thread(compression.compressed, body, accepted)
    else:
        packed, encoding = compression.compressed(body, accepted)
    compression.mark(headers, encoding)
    return packed


def _length(fetched: Fetched) -> int:
    """Return the length that is announced; without one it may be any."""
    text = fetched.headers.get("Content-Length", "")
    return int(text) if text.isdigit() else _LARGEST + 1


async def _read(fetched: Fetched) -> bytes:
    if isinstance(fetched.body, bytes):
        return fetched.body
    return b"".join([chunk async for chunk in fetched.body])


def _answer(fetched: Fetched, body: bytes | AsyncIterator[bytes], *, whole: bool) -> Answer:
    return Answer(
        fetched.status, fetched.reason, fetched.headers, body, MISS, whole=whole,
        close=fetched.close,
    )  # fmt: skip
