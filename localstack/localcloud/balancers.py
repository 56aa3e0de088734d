"""The gateway's side of Elastic Load Balancing: its API calls, and the routes that result."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qsl

from localcloud.asgi import App, Receive, Reply, Scope, capture, headers_of, made, read_body, replay
from localcloud.elb.api import ACTIONS, TargetApi
from localcloud.elb.control import ControlPlane
from localcloud.elb.matcher import parse_matcher
from localcloud.elb.overlay import Overlay
from localcloud.elb.plane import DataPlane, Route
from localcloud.engine import Engine
from localcloud.settings import Settings
from localcloud.wire import ApiError, query_error, query_input, query_reply

_NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/elasticloadbalancing/")
_KEEPS = ("CreateListener", "ModifyListener", "CreateRule", "ModifyRule")


def caller(scope: Scope) -> tuple[str, str] | None:
    """Return the access key and region of a signed ELBv2 call, or None if it is none."""
    found = _CREDENTIAL.search(headers_of(scope).get("authorization", ""))
    return (found[1], found[2]) if found else None


class Balancers:
    """Keeps the data plane in step with MiniStack's load balancers."""

    def __init__(self, app: App, engine: Engine, plane: DataPlane, settings: Settings) -> None:
        self._app = app
        self._engine = engine
        self._plane = plane
        self._settings = settings
        self._overlay = Overlay()
        self._control = ControlPlane(app, self._overlay)
        self._targets = TargetApi(plane.targets)
        self._turn = asyncio.Lock()
        self.routes: tuple[Route, ...] = ()

    async def refresh(self, key: str = "test", region: str = "") -> None:
        """Read what the access key `key` has in `region` and make the data plane follow."""
        where = region or self._settings.region
        async with self._turn:
            snapshot = await self._control.snapshot(key, where)
            account = key if re.fullmatch(r"\d{12}", key) else self._settings.account
            self.routes = await self._engine.run(
                lambda: self._plane.apply((account, where), snapshot)
            )

    async def answer(self, scope: Scope, receive: Receive, who: tuple[str, str]) -> Reply:
        """Answer one ELBv2 call of the caller `who`."""
        body = await read_body(receive)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        action = fields.get("Action", "")
        try:
            _check_health_check(fields)
            if action in ACTIONS:
                return await self._about_targets(action, fields)
            given = query_input("elbv2", action, fields) if action in _KEEPS else {}
        except ApiError as error:
            return made(error.status, "text/xml", query_error(_NAMESPACE, error))
        reply = await capture(self._app, scope, replay(body, receive))
        return await self._followed(reply, action, given, who)

    async def _about_targets(self, action: str, fields: dict[str, str]) -> Reply:
        given = query_input("elbv2", action, fields)
        result = await self._engine.run(lambda: self._targets.call(action, given))
        return made(200, "text/xml", query_reply(_NAMESPACE, action, result))

    async def _followed(
        self, reply: Reply, action: str, given: dict[str, Any], who: tuple[str, str]
    ) -> Reply:
        if reply.status != 200:  # noqa: PLR2004
            return reply
        if action in _KEEPS:
            self._overlay.note(reply.body, given)
        if not action.startswith("Describe"):
            await self.refresh(*who)
        return Reply(reply.status, reply.headers, self._overlay.restore(reply.body))


def _check_health_check(fields: dict[str, str]) -> None:
    """Refuse what AWS refuses and MiniStack would keep: no target could ever be checked by it."""
    codes, path = fields.get("Matcher.HttpCode"), fields.get("HealthCheckPath")
    if path and not path.startswith("/"):
        raise ApiError("ValidationError", f"Health check path '{path}' must begin with '/'")
    try:
        parse_matcher(codes or "200")
    except ValueError as error:
        text = f"Health check matcher HTTP code '{codes}' is invalid"
        raise ApiError("ValidationError", text) from error
