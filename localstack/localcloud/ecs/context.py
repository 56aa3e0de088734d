"""What every API handler works with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from localcloud.ecs.engine import Engine
from localcloud.ecs.store import Store
from localcloud.wire import ApiError

Json = dict[str, Any]


class Validator(Protocol):
    """Checks what lives in another service (`localcloud.ecs.aws.Aws`)."""

    def check_target_group(self, arn: str) -> None: ...


@dataclass(frozen=True)
class Context:
    store: Store
    engine: Engine
    aws: Validator
    clock: Callable[[], float]


def page(found: list[Any], body: Json, key: str, most: int = 100) -> Json:
    """Return one page of `found` under `key`, with a nextToken if there is more.

    The token is the index of the next entry; ECS's are opaque.
    """
    token = str(body.get("nextToken") or "0")
    if not token.isdigit():
        raise ApiError("InvalidParameterException", "Invalid token")
    start, size = int(token), body.get("maxResults") or most
    more = {"nextToken": str(start + size)} if len(found) > start + size else {}
    return {key: found[start : start + size], **more}


def invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)


def missing(arn: str) -> Json:
    """Return the failure that stands for what was not found.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
    """
    return {"arn": arn, "reason": "MISSING"}
