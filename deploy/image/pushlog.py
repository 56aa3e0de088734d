"""Read what the engine says during a push: bytes per layer, the digest, what went wrong. Pure.

The messages are the Engine API's (https://docs.docker.com/reference/api/engine/, "Push an image").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")

# How the engine words an answer of the registry that may be another one next time: any 5xx, a
# lost connection, throttling, a login that expired while the layers went up.
_PASSING = re.compile(
    r"\b5\d\d\b|internal server error|bad gateway|service unavailable|gateway time-?out"
    r"|connection re(?:set|fused)|broken pipe|\bEOF\b|i/o timeout|TLS handshake timeout"
    r"|timeout exceeded|request canceled|server closed|toomanyrequests|too many requests"
    r"|rate exceeded|token has expired",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PushState:
    """`sent` and `sizes` map a layer to bytes, as far as the engine has said; `there` were in the
    registry already. `digest` and `error` are empty until they are told.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    there: frozenset[str] = frozenset()
    digest: str = ""
    error: str = ""

    @property
    def done(self) -> int:
        return sum(self.sent.values())

    @property
    def total(self) -> int:
        return sum(self.sizes.values())


def fold(state: PushState, message: Mapping[str, Any]) -> PushState:
    """Return `state` with one message of the stream taken in."""
    if error := _error(message):
        return replace(state, error=error)
    if digest := _digest(message):
        return replace(state, digest=digest)
    layer, status = message.get("id"), message.get("status", "")
    if not layer:
        return state
    if status in {"Layer already exists", "Already exists"} or status.startswith("Mounted from"):
        return replace(state, there=state.there | {layer})
    if status == "Pushed" and layer in state.sizes:
        return replace(state, sent={**state.sent, layer: state.sizes[layer]})
    return _moved(state, layer, message.get("progressDetail") or {})


def _moved(state: PushState, layer: str, detail: Mapping[str, int]) -> PushState:
    """The engine counts the tar's padding too, so `current` can pass `total`: never over it."""
    if "current" not in detail:
        return state
    current = detail["current"]
    total = detail.get("total") or max(current, state.sizes.get(layer, 0))
    return replace(
        state,
        sizes={**state.sizes, layer: total},
        sent={**state.sent, layer: min(current, total)},
    )


def _error(message: Mapping[str, Any]) -> str:
    detail = message.get("errorDetail") or {}
    return str(detail.get("message") or message.get("error") or "")


def _digest(message: Mapping[str, Any]) -> str:
    told = (message.get("aux") or {}).get("Digest")
    if told:
        return str(told)
    found = _DIGEST.search(str(message.get("status", "")))
    return found[1] if found else ""


def is_passing(error: str) -> bool:
    """Say whether a push that ended with `error` may work if it is tried again."""
    return _PASSING.search(error) is not None


def is_taken(error: str) -> bool:
    """Say whether the registry refused because the tag exists and is immutable."""
    return "immutable" in error.lower()


def remedy(error: str, server: str) -> str:
    """Return what to do about a push to `server` (the registry's URL) that ended with `error`."""
    words = error.lower()
    if "does not exist" in words or "not found" in words or "name unknown" in words:
        return "the repository may be missing: run `invoke infra.apply`"
    if "denied" in words or "unauthorized" in words or "no basic auth" in words:
        return "see that the role may push to this repository (ecr:PutImage and its like)"
    if is_passing(error):
        return f"deploy again when {server} answers; layers that are there are not sent again"
    return "deploy again; what runs was not touched"
