"""The gateway's side of CloudFront: its API calls, its invalidations, and where sites are."""

import asyncio
import logging
import re
from collections.abc import Sequence
from functools import partial
from xml.etree import ElementTree as ET

from localcloud.asgi import (
    App,
    Receive,
    Reply,
    Scope,
    ask,
    capture,
    headers_of,
    made,
    read_body,
    replay,
)
from localcloud.cdn.control import ControlPlane
from localcloud.cdn.invalidation import check
from localcloud.cdn.pages import failure
from localcloud.cdn.plane import Edges, Site
from localcloud.elb.plane import Route
from localcloud.engine import Engine
from localcloud.settings import Settings
from localcloud.wire import ApiError, query_error

_LOG = logging.getLogger(__name__)
_NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/cloudfront/")
_INVALIDATION = re.compile(r"/2020-05-31/distribution/([^/]+)/invalidation(?:/[^/]+)?/?")
_ID = re.compile(rb"<Id>([^<]+)</Id>\s*<Status>Completed<")
_HOST = re.compile(r"([a-z0-9]+)\.cloudfront\.(?:net|localhost)(?::\d+)?")
_FIRST_ERROR = 300
# AWS takes some seconds to some minutes. Long enough to be seen in progress, and to be waited for.
_PROPAGATION_SECONDS = 1.0


class Distributions:
    """Keeps the edges in step with MiniStack's distributions. `sites` are the enabled ones."""

    def __init__(self, app: App, engine: Engine, edges: Edges, settings: Settings) -> None:
        self._app = app
        self._engine = engine
        self._edges = edges
        self._settings = settings
        self._control = ControlPlane(partial(ask, app))
        self._turn = asyncio.Lock()
        self._accounts = {settings.account}
        self._in_progress: dict[str, tuple[str, Sequence[str]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.sites: tuple[Site, ...] = ()

    async def refresh(self) -> None:
        """Read what is there now and make the data plane follow."""
        async with self._turn:
            for account in self._accounts:
                snapshot = await self._control.snapshot(account)
                self.sites = await self._engine.run(partial(self._edges.apply, account, snapshot))

    def route(self, host: str) -> tuple[Route, str] | None:
        """Return where the distribution with this host name listens, as a relay wants it."""
        found = _HOST.fullmatch(host.lower())
        for site in self.sites:
            if found and site.domain.partition(".")[0] == found[1]:
                return Route(site.id, site.domain, 80, site.port, "HTTP"), ""
        return None

    async def answer(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a CloudFront call, or return None if it is MiniStack's and was not touched."""
        headers = headers_of(scope)
        if _HOST.fullmatch(headers.get("host", "").lower()):
            page = failure(403, "Bad request. There is no enabled distribution of this name.")
            return made(403, "text/html", bytes(page.body))  # type: ignore[arg-type]
        who = _CREDENTIAL.search(headers.get("authorization", ""))
        if not who:
            return None
        if re.fullmatch(r"\d{12}", who[1]):
            self._accounts.add(who[1])
        if found := _INVALIDATION.fullmatch(scope["path"]):
            return await self._invalidation(found[1], scope, receive)
        return None if scope["method"] == "GET" else await self._followed(scope, receive)

    async def _followed(self, scope: Scope, receive: Receive) -> Reply:
        reply = await capture(self._app, scope, receive)
        if reply.status < _FIRST_ERROR:
            await self.refresh()
        if scope["method"] == "PUT" and "/function/" in scope["path"]:
            return _with_ettag(reply)
        return reply

    async def _invalidation(self, distribution: str, scope: Scope, receive: Receive) -> Reply:
        body = await read_body(receive)
        paths = _paths(body) if scope["method"] == "POST" else []
        try:
            if scope["method"] == "POST":
                mine = [batch for of, batch in self._in_progress.values() if of == distribution]
                check(paths, mine)
        except ApiError as error:
            return made(error.status, "text/xml", query_error(_NAMESPACE, error))
        reply = await capture(self._app, scope, replay(body, receive))
        created = _ID.search(reply.body) if paths and reply.status < _FIRST_ERROR else None
        if created:
            self._begin(created[1].decode(), distribution, paths)
        return Reply(reply.status, reply.headers, _ID.sub(self._status, reply.body))

    def _status(self, found: re.Match[bytes]) -> bytes:
        if found[1].decode() not in self._in_progress:
            return found[0]
        return found[0].replace(b"Completed", b"InProgress")

    def _begin(self, key: str, distribution: str, paths: Sequence[str]) -> None:
        self._in_progress[key] = (distribution, paths)
        task = asyncio.create_task(self._invalidate(key, distribution, paths))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _invalidate(self, key: str, distribution: str, paths: Sequence[str]) -> None:
        await asyncio.sleep(_PROPAGATION_SECONDS)
        dropped = await self._engine.run(partial(self._edges.invalidate, distribution, paths))
        _LOG.info("invalidation %s of %s: %d objects dropped", key, distribution, dropped)
        del self._in_progress[key]


def _with_ettag(reply: Reply) -> Reply:
    """Add the header from which SDKs read a function's new version; its name is AWS's own.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateFunction.html
    """
    more = tuple((b"ettag", value) for name, value in reply.headers if name.lower() == b"etag")
    return Reply(reply.status, reply.headers + more, reply.body)


def _paths(body: bytes) -> list[str]:
    try:
        tree = ET.fromstring(body)  # noqa: S314 - from loopback only
    except ET.ParseError:
        return []
    return [item.text or "" for item in tree.iter() if item.tag.rpartition("}")[2] == "Path"]
