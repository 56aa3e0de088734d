"""Load balancers as origins; nothing else has a name that this cloud could resolve."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence

import aiohttp
from yarl import URL

from localcloud.cdn.messages import Fetched, OriginError, OriginRequest
from localcloud.cdn.model import Origin
from localcloud.elb.forwarding import end_to_end
from localcloud.elb.plane import Route
from localcloud.ports import Address
from localcloud.upstream import upstream_session

_LOG = logging.getLogger(__name__)

Routes = Callable[[], Sequence[Route]]


class Custom:
    """The client side for custom origins; it streams both ways. `routes` are as they are now."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = upstream_session()

    async def stop(self) -> None:
        if self._session:
            await self._session.close()

    def address(self, origin: Origin) -> Address:
        """Return where the origin really listens. Raises OriginError."""
        named = [route for route in self._routes() if route.dns_name.lower() == origin.domain]
        if not named:
            _LOG.warning("origin %s is no load balancer of this cloud", origin.domain)
            raise OriginError(502, "CloudFront wasn't able to resolve the origin domain name.")
        for route in named:
            if route.declared == origin.port:
                return Address("127.0.0.1", route.port)
        raise OriginError(504, "CloudFront wasn't able to connect to the origin.")

    async def fetch(self, origin: Origin, request: OriginRequest) -> Fetched:
        """Ask the origin. Raises OriginError if it does not answer.

        Only what reads is asked for again, and only after a timeout:
        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#request-custom-request-timeout
        """
        attempts = origin.attempts if request.method in ("GET", "HEAD") else 1
        for _ in range(attempts):
            with contextlib.suppress(TimeoutError):
                return await self._ask(origin, request)
        raise OriginError(504, "The origin did not answer CloudFront in time.")

    async def _ask(self, origin: Origin, request: OriginRequest) -> Fetched:
        """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html"""
        assert self._session is not None  # noqa: S101 - start() comes first
        try:
            upstream = await self._session.request(
                request.method,
                _url(self.address(origin), origin, request),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    sock_connect=origin.connect_timeout, sock_read=origin.read_timeout
                ),
            )
        except TimeoutError:  # aiohttp's are ClientErrors as well
            raise
        except (aiohttp.ClientError, OSError) as error:
            _LOG.info("%s %s: %s", request.method, origin.domain, error)
            raise OriginError(502, "CloudFront wasn't able to connect to the origin.") from error
        return _fetched(upstream)


def _url(address: Address, origin: Origin, request: OriginRequest) -> URL:
    query = f"?{request.query}" if request.query else ""
    path = f"{origin.path}{request.uri}{query}"
    return URL(f"http://{address.host}:{address.port}{path}", encoded=True)


def _fetched(upstream: aiohttp.ClientResponse) -> Fetched:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            async for chunk in upstream.content.iter_any():
                yield chunk
        finally:
            upstream.close()

    async def close() -> None:
        upstream.close()

    headers = end_to_end(upstream.headers.items())
    return Fetched(upstream.status, upstream.reason or "", headers, chunks(), close)
