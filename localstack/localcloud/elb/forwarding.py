"""The headers that pass a load balancer.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
"""

import secrets
from collections.abc import Iterable, Mapping

from multidict import CIMultiDict

# RFC 9110, section 7.6.1: these are about one connection, not about the message.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def end_to_end(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """Return the headers without those that are about one connection only."""
    kept: CIMultiDict[str] = CIMultiDict(headers)
    named = {
        part.strip().lower() for line in kept.getall("Connection", ()) for part in line.split(",")
    }
    for name in {name.lower() for name in kept} & (HOP_BY_HOP | named):
        kept.popall(name, None)
    return kept


def upstream_headers(
    headers: CIMultiDict[str], *, client: str, protocol: str, port: int, now: float
) -> CIMultiDict[str]:
    """Return what a target receives: Host as it came, X-Forwarded-*, a trace id.

    `now` is the Unix time, in seconds, that goes into a new trace id.
    """
    sent = end_to_end(headers.items())
    sent.popall("Expect", None)  # the listener has answered it already
    earlier = headers.get("X-Forwarded-For")
    sent["X-Forwarded-For"] = f"{earlier}, {client}" if earlier else client
    sent["X-Forwarded-Proto"] = protocol
    sent["X-Forwarded-Port"] = str(port)
    own = f"1-{int(now):08x}-{secrets.token_hex(12)}"
    sent["X-Amzn-Trace-Id"] = traced(headers.get("X-Amzn-Trace-Id", ""), own)
    return sent


def traced(earlier: str, own: str) -> str:
    """Return X-Amzn-Trace-Id as it goes on: `own` is its root, or else this hop's own field.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
    """
    fields = [part.strip() for part in earlier.split(";") if part.strip()]
    kept = [part for part in fields if not part.startswith("Self=")]
    name = "Self" if any(part.startswith("Root=") for part in kept) else "Root"
    return ";".join((f"{name}={own}", *kept))


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
