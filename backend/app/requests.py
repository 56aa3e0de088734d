"""One log line for each request, and one answer for a request that breaks.

Plain ASGI rather than Starlette's BaseHTTPMiddleware, because a streamed answer must pass
through unbuffered, and is logged when it has ended.
"""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.stdlib import BoundLogger

from .health import LIVENESS
from .problems import TOO_LARGE, ProblemError, answer

# What is taken over from a caller goes into every line: keep it short and plain.
REQUEST_ID = re.compile(r"[\w.:/=+-]{1,128}", re.ASCII)

FAILED = answer(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "something broke: see the log"))

logger: BoundLogger = structlog.get_logger("app.requests")


def request_id(headers: Headers) -> str:
    """The caller's X-Request-ID, else the load balancer's trace, else a new one.

    Of X-Amzn-Trace-Id (`Self=...;Root=1-...;Sampled=1`) the root is what all hops share.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
    """
    fields = headers.get("x-amzn-trace-id", "").split(";")
    roots = [field.strip().removeprefix("Root=") for field in fields if "Root=" in field]
    known = (candidate for candidate in (headers.get("x-request-id", ""), *roots))
    return next((name for name in known if REQUEST_ID.fullmatch(name)), uuid4().hex)


def level_of(path: str, status: int) -> int:
    """5xx is an error, 4xx a warning, and so is 503, which says what it waits for in a line of its
    own; health checks that pass come every few seconds: debug.
    """
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return logging.WARNING
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return logging.WARNING
    return logging.DEBUG if path == LIVENESS else logging.INFO


class RequestLog:
    """Binds the request's id to every line logged for it, returns it, and logs how it ended.

    Takes the application to wrap and a clock (seconds, monotonic). The query string is left out:
    what people put there is often private.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float]) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = request_id(Headers(scope=scope))
        with structlog.contextvars.bound_contextvars(request_id=name):
            await self.logged(scope, receive, send, name)

    async def logged(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        # What it counts as when it is cut off before an answer: the drain ran out of time.
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = name
            await send(message)

        started = self.clock()
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self.log(scope, status, self.clock() - started)

    def log(self, scope: Scope, status: int, seconds: float) -> None:
        logger.log(
            level_of(scope["path"], status),
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 1),
        )


class BodyLimit:
    """Answers 413 to a body of more than `most` bytes, also to one that does not say its size."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self.most:
            await too_large(self.most)(scope, receive, send)
            return
        read = 0

        async def receive_and_count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                raise HTTPException(TOO_LARGE, too_large_detail(self.most))
            return message

        await self.app(scope, receive_and_count, send)


def too_large_detail(most: int) -> str:
    return f"a request has at most {most:,} bytes"


def too_large(most: int) -> JSONResponse:
    return answer(ProblemError(TOO_LARGE, too_large_detail(most)))


class Failures:
    """Logs an exception that nothing else handled, once, and answers 500.

    An answer that has begun can't be taken back: uvicorn then closes the connection, so that the
    caller sees that it is incomplete.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception:
            if scope["type"] != "http":
                raise
            logger.exception("unhandled exception")
            if not begun:
                await FAILED(scope, receive, send)
