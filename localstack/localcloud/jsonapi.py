"""Answers a JSON 1.1 call by one of our own services.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.asgi import Reply, made
from localcloud.engine import Engine
from localcloud.ports import JsonApi
from localcloud.wire import ApiError, dumps

_LOG = logging.getLogger(__name__)
_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Service:
    """One service behind the gateway. `actions` are those it answers; None means all."""

    api: JsonApi
    actions: frozenset[str] | None = None

    def answers(self, action: str) -> bool:
        return self.actions is None or action in self.actions


def split_target(target: str, services: Mapping[str, Service]) -> tuple[Service, str] | None:
    """Return the service and the action of an X-Amz-Target header, None if it is not ours."""
    prefix, _, action = target.partition(".")
    service = services.get(prefix)
    return (service, action) if service and service.answers(action) else None


async def answer(engine: Engine, service: Service, action: str, raw: bytes) -> Reply:
    """Run the call in the engine's loop and render its result or its error."""
    try:
        body = _parse(raw)
        result = await engine.run(lambda: service.api.call(action, body))
    except ApiError as error:
        return _error(error)
    except Exception:  # noqa: BLE001 - a bug of ours must not look like a lost connection
        _LOG.exception("%s failed", action)
        return _error(ApiError("ServerException", "the local cloud failed: see its log", 500))
    return made(200, _TYPE, dumps(result), _request_id())


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", str(error)) from error
    if not isinstance(body, dict):
        raise ApiError("SerializationException", "the body is not a JSON object")
    return body


def _error(error: ApiError) -> Reply:
    body = dumps({"__type": error.code, "message": error.message})
    return made(error.status, _TYPE, body, {"x-amzn-errortype": error.code, **_request_id()})


def _request_id() -> dict[str, str]:
    return {"x-amzn-requestid": str(uuid.uuid4())}
