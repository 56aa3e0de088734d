"""ASGI, as far as the gateway needs it. https://asgi.readthedocs.io/en/latest/specs/www.html"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    """A whole response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers with lower-case names; the last of a name wins."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


async def read_body(receive: Receive) -> bytes:
    """Read the whole request body. Only for API calls, which are small."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives `body` first and then what `receive` gives."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again


async def capture(app: App, scope: Scope, receive: Receive) -> Reply:
    """Run `app` and return its whole response instead of sending it."""
    start: Message = {"status": 500, "headers": []}
    parts: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    return Reply(start["status"], tuple(map(tuple, start["headers"])), b"".join(parts))


async def ask(
    app: App, method: str, path: str, *, query: str = "", headers: Mapping[str, str]
) -> Reply:
    """Ask `app` something without a body, from inside the process. `path` is percent-encoded."""
    sent = {"host": "localhost", **headers}
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()
        ],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }

    async def nothing_more() -> Message:
        return {"type": "http.disconnect"}

    return await capture(app, scope, replay(b"", nothing_more))


async def respond(send: Send, reply: Reply) -> None:
    """Send a whole response; its content-length is made from the body."""
    headers = [item for item in reply.headers if item[0].lower() != b"content-length"]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def made(
    status: int, content_type: str, body: bytes, more: Mapping[str, str] | None = None
) -> Reply:
    """Make a response with a content type and `more` headers."""
    headers = {"content-type": content_type, **(more or {})}
    pairs = tuple(
        (name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
    )
    return Reply(status, pairs, body)
