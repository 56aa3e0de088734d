"""Answers the requests of one listener by its rules."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from localcloud.elb.actions import Reply, Visited, failure, fixed_response, redirect
from localcloud.elb.choice import RoundRobin, eligible, weighted
from localcloud.elb.flights import Flights
from localcloud.elb.forwarding import lowered, upstream_headers
from localcloud.elb.model import Action, Listener, Rule, Snapshot
from localcloud.elb.proxy import Forwarder
from localcloud.elb.rules import Request, matches
from localcloud.elb.targets import TargetRegistry
from localcloud.ports import Address


@dataclass(frozen=True)
class Routed:
    """A request on its way: the listener it came to, and that listener's real port."""

    request: web.Request
    listener: Listener
    port: int


class Router:
    """What every listener shares: the targets, the turns taken and the client side.

    `snapshot` returns the load balancers as they are now.
    """

    def __init__(
        self,
        targets: TargetRegistry,
        flights: Flights,
        forwarder: Forwarder,
        snapshot: Callable[[], Snapshot],
    ) -> None:
        self._targets = targets
        self._flights = flights
        self._forwarder = forwarder
        self._snapshot = snapshot
        self._turns = RoundRobin()

    async def handle(self, arn: str, port: int, request: web.Request) -> web.StreamResponse:
        """Answer a request that came to the listener `arn` on its real port `port`."""
        listener = self._snapshot().listeners.get(arn)
        if listener is None:
            return _response(failure(503, "Service Temporarily Unavailable"))
        rule = choose_rule(listener, _asked(request))
        answer = await self._act(rule.actions, Routed(request, listener, port))
        return _response(answer) if isinstance(answer, Reply) else answer

    async def _act(self, actions: tuple[Action, ...], routed: Routed) -> web.StreamResponse | Reply:
        for action in actions:
            if action.kind == "redirect":
                return redirect(action.redirect, _visited(routed))
            if action.kind == "fixed-response":
                return fixed_response(action.fixed)
            if action.kind == "forward":
                return await self._forward(action, routed)
        return failure(500, "Internal Server Error")  # authentication has no local counterpart

    async def _forward(self, action: Action, routed: Routed) -> web.StreamResponse | Reply:
        group = weighted(action.forward, random.random())  # noqa: S311 - no secret
        among = eligible(self._targets.routable(group)) if group else []
        address = self._turns.pick(group or "", among)
        if group is None or address is None:
            return failure(503, "Service Temporarily Unavailable")
        try:
            async with self._flights.on(group, address):
                return await self._send(routed, address)
        except TimeoutError:
            # The deregistration delay is over. If the response has begun, its connection is broken
            # by now, and nobody gets this.
            return failure(502, "Bad Gateway")

    async def _send(self, routed: Routed, address: Address) -> web.StreamResponse | Reply:
        headers = upstream_headers(
            routed.request.headers.copy(),
            client=routed.request.remote or "127.0.0.1",
            protocol=routed.listener.protocol.lower(),
            port=routed.port,
            now=time.time(),
        )
        idle = self._idle_timeout(routed.listener)
        return await self._forwarder.forward(routed.request, address, headers, idle)

    def _idle_timeout(self, listener: Listener) -> float:
        balancer = self._snapshot().load_balancers.get(listener.load_balancer)
        return balancer.idle_timeout if balancer else 60


def choose_rule(listener: Listener, asked: Request) -> Rule:
    """Return the first rule that matches; the default rule always does."""
    return next(rule for rule in listener.rules if matches(rule.conditions, asked))


def _asked(request: web.Request) -> Request:
    return Request(
        request.method,
        _host(request),
        request.rel_url.raw_path,
        tuple(request.rel_url.query.items()),
        lowered(request.headers),
        request.remote or "127.0.0.1",
    )


def _host(request: web.Request) -> str:
    name, separator, port = request.host.rpartition(":")
    return name if separator and port.isdigit() else request.host


def _visited(routed: Routed) -> Visited:
    url = routed.request.rel_url
    return Visited(
        routed.listener.protocol,
        _host(routed.request),
        routed.port,
        url.raw_path.removeprefix("/"),
        url.raw_query_string,
    )


def _response(reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type, "Server": "awselb/2.0"}
    if reply.location:
        headers["Location"] = reply.location
    return web.Response(status=reply.status, body=reply.body.encode(), headers=headers)
