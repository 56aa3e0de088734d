"""The gateway's side of RDS: the calls about instances are ours, the others MiniStack's."""

import logging
import re
from functools import partial
from urllib.parse import parse_qsl

from localcloud.asgi import App, Receive, Reply, Scope, capture, headers_of, made, read_body, replay
from localcloud.engine import Engine
from localcloud.rds import ACTIONS, RdsApi
from localcloud.rds.api import is_ours
from localcloud.wire import ApiError, query_error, query_input, query_reply, service_model

_LOG = logging.getLogger(__name__)
_NAMESPACE = "http://rds.amazonaws.com/doc/2014-10-31/"
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/([^/]+)/rds/")
_OK = 200


class Databases:
    """Answers RDS's calls: `api` those of its own, `app` (MiniStack) the others."""

    def __init__(self, app: App, engine: Engine, api: RdsApi) -> None:
        self._app = app
        self._engine = engine
        self._api = api

    async def shown(self) -> list[dict[str, object]]:
        """Return where the databases are, as the status document has it."""
        return await self._engine.run(self._api.shown)

    async def reset(self) -> None:
        """Delete every instance."""
        await self._engine.run(self._api.reset)

    async def answer(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a signed RDS call, or return None if it is none and was not touched."""
        found = _CREDENTIAL.search(headers_of(scope).get("authorization", ""))
        if not found:
            return None
        body = await read_body(receive)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        action, region = fields.get("Action", ""), found[1]
        try:
            if action in ACTIONS and is_ours(action, fields):
                return await self._about_instances(action, region, fields)
            await self._engine.run(partial(self._api.check_unused, action, region, fields))
        except ApiError as error:
            return made(error.status, "text/xml", query_error(_NAMESPACE, error))
        reply = await capture(self._app, scope, replay(body, receive))
        if reply.status == _OK:
            await self._engine.run(partial(self._api.followed, action, region, fields))
        return reply

    async def _about_instances(self, action: str, region: str, fields: dict[str, str]) -> Reply:
        given = query_input("rds", action, fields)
        try:
            result = await self._engine.run(partial(self._api.call, action, region, given))
        except ApiError:
            raise
        except Exception as error:
            _LOG.exception("%s failed", action)
            text = "the local cloud failed: see its log"
            raise ApiError("InternalFailure", text, 500) from error
        shape = service_model("rds").operation_model(action).output_shape
        return made(_OK, "text/xml", query_reply(_NAMESPACE, action, result, shape))
