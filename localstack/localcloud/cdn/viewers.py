"""Answers viewers: functions and headers around what the edge finds."""

import base64
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from localcloud.cdn import functions, javascript
from localcloud.cdn.behaviors import choose, refusal, rooted
from localcloud.cdn.conditional import conditioned
from localcloud.cdn.edge import Edge, Visit
from localcloud.cdn.functions import FunctionError
from localcloud.cdn.keys import origin_headers
from localcloud.cdn.messages import Answer, Asked, OriginError
from localcloud.cdn.model import Snapshot
from localcloud.cdn.pages import failure
from localcloud.cdn.responses import mark, with_policy
from localcloud.elb.proxy import ABSENT, Forwarder
from localcloud.ports import Address

_LOG = logging.getLogger(__name__)
_FAILED = (
    "The CloudFront function associated with the CloudFront distribution is invalid or could not "
    "run. We can't connect to the server for this app or website at this time."
)
_ADDED_BY_AIOHTTP = ("Server", "Content-Type")
_FIRST_ERROR = 400
_BODILESS = (204, 304)
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-working-with.websockets.html
_WEBSOCKET_IDLE = 600.0

Locate = Callable[[Visit], Address]


class Viewers:
    """Answers the requests that come to a distribution's port.

    `snapshot` returns the distributions as they are now; `locate` where a custom origin listens.
    """

    def __init__(
        self, edge: Edge, forwarder: Forwarder, locate: Locate, snapshot: Callable[[], Snapshot]
    ) -> None:
        self._edge = edge
        self._forwarder = forwarder
        self._locate = locate
        self._snapshot = snapshot

    async def handle(self, distribution_id: str, request: web.Request) -> web.StreamResponse:
        """Answer a request that came to the port of a distribution."""
        request_id = base64.urlsafe_b64encode(secrets.token_bytes(39)).decode() + "=="
        visit = self._visit(distribution_id, request, request_id)
        if visit is None:
            answer = failure(403, "Bad request. There is no such distribution.")
        elif request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(visit, request)
        else:
            answer = await self._answer(visit)
        mark(answer, request_id)
        return await _send(request, answer)

    def _visit(self, which: str, request: web.Request, request_id: str) -> Visit | None:
        distribution = self._snapshot().distributions.get(which)
        if distribution is None:
            return None
        path, _, query = request.raw_path.partition("?")
        uri = rooted(distribution, path)
        asked = Asked(
            request.method, uri, query, CIMultiDict(request.headers), request.remote or "127.0.0.1"
        )
        body = request.content.iter_any() if request.body_exists else None
        return Visit(distribution, choose(distribution, uri), asked, request_id, body)

    async def _answer(self, visit: Visit) -> Answer:
        if refused := refusal(visit.behavior, visit.asked):
            return refused
        try:
            made = self._on_request(visit)
            if isinstance(made, Answer):
                return made
            answer = await self._edge.find(replace(visit, asked=made))
            return await self._finished(replace(visit, asked=made), answer)
        except FunctionError as error:
            _LOG.warning("%s %s: %s", visit.distribution.id, visit.asked.uri, error)
            page = failure(503, _FAILED)
            page.headers["X-Amzn-Errortype"] = "FunctionExecutionError"
            return page

    def _run(self, arn: str, event: functions.Event) -> object:
        code = self._snapshot().functions.get(arn)
        name = functions.name_of(arn)
        if code is None:
            raise FunctionError(f"function {name} is not published")
        return javascript.run(name, code, event)

    def _on_request(self, visit: Visit) -> Asked | Answer:
        arn = visit.behavior.functions.get("viewer-request")
        if arn is None:
            return visit.asked
        event = functions.request_event(
            "viewer-request", visit.distribution, visit.asked, visit.request_id
        )
        return functions.returned(self._run(arn, event), visit.asked)

    async def _finished(self, visit: Visit, found: Answer) -> Answer:
        answer = found
        if visit.keeps:
            answer = conditioned(found, visit.asked.headers)
        headers = with_policy(
            answer.headers,
            visit.behavior.response,
            visit.asked.headers,
            preflight=visit.asked.method == "OPTIONS",
        )
        answer = replace(answer, headers=headers)
        arn = visit.behavior.functions.get("viewer-response")
        if arn is None or answer.status >= _FIRST_ERROR:
            return answer
        try:
            event = functions.request_event(
                "viewer-response", visit.distribution, visit.asked, visit.request_id
            )
            result = self._run(arn, functions.with_response(event, answer))
            return functions.modified(result, answer)
        except FunctionError:
            await found.close()
            raise

    async def _websocket(self, visit: Visit, request: web.Request) -> web.StreamResponse:
        refused = refusal(visit.behavior, visit.asked)
        origin = visit.distribution.origins[visit.behavior.origin]
        if refused is None:
            try:
                address = self._locate(visit)
                headers = origin_headers(
                    visit.asked, visit.behavior, origin, request_id=visit.request_id,
                    conditions=True,
                )  # fmt: skip
                sent = await self._forwarder.forward(request, address, headers, _WEBSOCKET_IDLE)
                if isinstance(sent, web.StreamResponse):
                    return sent
                refused = failure(sent.status, "CloudFront wasn't able to connect to the origin.")
            except OriginError as error:
                refused = failure(error.status, error.message)
        mark(refused, visit.request_id)
        return await _send(request, refused)


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    if isinstance(answer.body, bytes):
        await answer.close()
        response: web.StreamResponse = _whole(request, answer, answer.body)
        response[ABSENT] = [name for name in _ADDED_BY_AIOHTTP if name not in answer.headers]
        return response
    try:
        return await _stream(request, answer, answer.body)
    finally:
        await answer.close()


def _whole(request: web.Request, answer: Answer, body: bytes) -> web.Response:
    headers = answer.headers
    announced = headers.popall("Content-Length", [])
    made = web.Response(status=answer.status, reason=answer.reason or None, headers=headers)
    if answer.status not in _BODILESS:
        made.body = body
    if request.method == "HEAD" and not body and announced:
        made.headers["Content-Length"] = announced[0]
    return made


async def _stream(
    request: web.Request, answer: Answer, body: AsyncIterator[bytes]
) -> web.StreamResponse:
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason or None, headers=answer.headers
    )
    response[ABSENT] = [name for name in _ADDED_BY_AIOHTTP if name not in answer.headers]
    bodiless = request.method == "HEAD" or answer.status in _BODILESS
    if "Content-Length" not in answer.headers and not bodiless and request.version >= (1, 1):
        response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        async for chunk in body:
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        # The headers are out: only a broken connection tells the viewer that it is not whole.
        _LOG.info("%s %s broke off: %s", request.method, request.raw_path, error)
        if request.transport:
            request.transport.abort()
    return response


Handle = Callable[[str, web.Request], Awaitable[web.StreamResponse]]
