"""What a rollout needs of the world, and which of the world's errors it outlives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from deploy.events import Emit

Answer = Literal["rollback", "detach"]

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
)
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnrecognizedClientException"}
)
SERVER_ERROR = 500  # HTTP status codes from here on are the server's fault

# Seconds for which the API may be gone while a rollout is watched; expired credentials are given
# only as long as a refresh takes.
OUTAGE_SECONDS = 120.0
EXPIRED_SECONDS = 10.0


@dataclass(frozen=True)
class Effects:
    """Clients, the way to tell, the clock in seconds, the sleep, the jitter from 0 to 1."""

    ecs: Any
    logs: Any
    emit: Emit
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    ask: Callable[[], Answer] | None = None  # None: nobody is there to be asked
    elbv2: Any = None


def patience(error: Exception) -> float:
    """Return for how many seconds an error of a *read* is worth trying again; 0 = not at all."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        TokenRetrievalError,
    )
    from botocore.exceptions import (
        ConnectionError as UnreachableError,
    )

    if isinstance(error, HTTPClientError | UnreachableError):
        return OUTAGE_SECONDS
    if isinstance(error, ClientError):
        return _patience_with_reply(error.response)
    if isinstance(error, TokenRetrievalError):
        return EXPIRED_SECONDS
    return EXPIRED_SECONDS if isinstance(error, BotoCoreError) else 0.0


def _patience_with_reply(response: Any) -> float:
    code = response.get("Error", {}).get("Code", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in EXPIRED:
        return EXPIRED_SECONDS
    return OUTAGE_SECONDS if code in THROTTLED or status >= SERVER_ERROR else 0.0


def reply_lost(error: Exception) -> bool:
    """Say whether a write may have been done although no reply came."""
    from botocore.exceptions import ClientError, HTTPClientError

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return bool(status >= SERVER_ERROR)
    return isinstance(error, HTTPClientError)
