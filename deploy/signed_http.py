"""Signed requests to AWS without an AWS client, and what to do when one does not get through.

boto3 takes half a second to import and make a client, and 2 ms of CPU for each request.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from deploy.connections import Connections
from deploy.credentials import CredentialChain
from deploy.errors import PreflightError, ToolError
from deploy.refusal import ERROR_IN_SUCCESS, EXPIRED, SKEWED, TRANSIENT, code_of
from deploy.regions import signing_region, suffix, url
from deploy.signature import Credentials, Scope, signed

ATTEMPTS = 8
# Full jitter: a random time up to a limit that doubles.
# https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 20.0  # seconds
COPIED = 1 << 17  # bytes of a reply at a time
WRITTEN = {"s3", "cloudfront"}  # services that are changed in this way; of others it only reads


class Response(NamedTuple):
    """A reply. The names of `headers` are in lower case; `attempts` were made until it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1

    @property
    def date(self) -> float | None:
        """The server's clock, in Unix seconds."""
        with suppress(KeyError, ValueError):
            return parsedate_to_datetime(self.headers["date"]).timestamp()
        return None


class UnreachableError(ToolError):
    """No reply came, however often it was tried."""


class _Asked(NamedTuple):
    service: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Path
    sha256: str
    to: BinaryIO | None


@dataclass(slots=True)
class _Tries:
    """What was tried for one request. A remedy that did not help is not taken twice."""

    count: int = 0
    renewed: bool = False
    used: Credentials = field(default_factory=lambda: Credentials("", ""))


class SignedHttp:
    """Signed requests in one region, over connections that are kept. Thread-safe.

    `endpoint` is a local cloud's URL, None on AWS. `clock` gives Unix seconds, `sleep` takes
    seconds and may raise to end the retries; `jitter` gives 0 to 1.
    """

    def __init__(
        self,
        region: str,
        endpoint: str | None,
        *,
        credentials: CredentialChain,
        connections: Connections,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.region, self.endpoint = region, endpoint
        self.credentials, self.connections = credentials, connections
        self.clock, self.sleep, self.jitter = clock, sleep, jitter
        self.skew = 0.0  # seconds that this machine's clock is behind, once AWS has complained
        self._ahead = 0.0  # of this machine's clock, by the last reply
        self.before_write: Callable[[], None] = _nothing

    @property
    def suffix(self) -> str:
        """The domain of AWS in this region."""
        return suffix(self.region)

    def url(self, service: str) -> str:
        """Return the URL of a service, with a slash at its end."""
        if self.endpoint:
            return f"{self.endpoint.rstrip('/')}/"
        return url(service, self.region)

    def server_time(self) -> float:
        """Return the time by the server's clock, in Unix seconds, at most two too late.

        It is never too early: replies tell the second that has begun.
        """
        return self.clock() + self._ahead

    def fenced(self, check: Callable[[], None]) -> "SignedHttp":
        """Return one that calls `check` before each attempt at a write; what it raises ends the
        request. Only the services of WRITTEN are written to in this way.
        """
        fenced = copy(self)
        fenced.before_write = check
        return fenced

    def request(
        self,
        service: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Path = b"",
        sha256: str = "",
        to: BinaryIO | None = None,
        attempts: int = ATTEMPTS,
    ) -> Response:
        """Send a request and return the reply, whatever its status.

        `url` is percent-encoded. `body` is bytes, or a file that is read anew for each attempt;
        `sha256` (hex) is its hash, if it is known. A successful reply's body is written to `to` if
        there is one. Throttling, 5xx and broken connections are tried again. Raises
        UnreachableError if there is no reply, PreflightError for credentials.
        """
        asked = _Asked(service, method, url, headers or {}, body, sha256 or digest(body), to)
        tries = _Tries()
        while True:
            tries.count += 1
            reply = self._attempt(asked, tries)
            if tries.count == attempts or not self._again(reply, tries):
                return self._conclude(asked, reply, tries)

    def _attempt(self, asked: _Asked, tries: _Tries) -> Response | OSError | HTTPException:
        tries.used = self.credentials.current()
        headers = signed(
            asked.method,
            asked.url,
            asked.headers,
            asked.sha256,
            credentials=tries.used,
            scope=Scope(signing_region(asked.service, self.region), asked.service),
            now=self.clock() + self.skew,
        )
        if asked.service in WRITTEN and asked.method not in {"GET", "HEAD"}:
            self.before_write()
        try:
            reply = self._exchange(asked, headers)
        except (OSError, HTTPException) as error:
            return error
        if (now := reply.date) is not None:
            self._ahead = now + 1 - self.clock()
        return reply

    def _exchange(self, asked: _Asked, headers: dict[str, str]) -> Response:
        """Send over an idle connection; if the server has closed that meanwhile, over a new one."""
        parts = urlsplit(asked.url)
        connection = self.connections.take(parts)
        used = connection.sock is not None
        try:
            response = self._send(connection, asked, headers)
        except (ConnectionError, HTTPException):
            connection.close()
            if not used:
                raise
            self.connections.drop(parts)
            connection = self.connections.take(parts)
            response = self._send(connection, asked, headers)
        try:
            reply = _read(response, asked)
        except BaseException:
            connection.close()
            raise
        self.connections.give(parts, connection)
        return reply

    def _send(
        self, connection: HTTPConnection, asked: _Asked, headers: dict[str, str]
    ) -> HTTPResponse:
        parts = urlsplit(asked.url)
        target = f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"
        try:
            _write(connection, asked, target, headers)
            return connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _again(self, reply: Response | OSError | HTTPException, tries: _Tries) -> bool:
        """Whether to try once more; if waiting is what helps, wait."""
        if isinstance(reply, Response):
            code = code_of(reply.status, reply.body)
            if code in SKEWED:
                return self._follow_clock(reply)
            if code in EXPIRED:
                again = not tries.renewed and self.credentials.renew(tries.used)
                tries.renewed = True
                return again
            if reply.status not in (429, 500, 502, 503, 504) and code not in TRANSIENT:
                return False
        elif is_certificate(reply):
            return False
        self.sleep(self.jitter() * min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries.count - 1)))
        return True

    def _follow_clock(self, reply: Response) -> bool:
        """Go by the server's clock from now on. False if that is what was done already."""
        if reply.date is None:
            return False
        before, self.skew = self.skew, reply.date - self.clock()
        return abs(self.skew - before) > 1

    def _conclude(
        self, asked: _Asked, reply: Response | OSError | HTTPException, tries: _Tries
    ) -> Response:
        if isinstance(reply, Response):
            return reply._replace(attempts=tries.count)
        host = urlsplit(asked.url).netloc
        if is_certificate(reply):
            raise PreflightError(
                f"the certificate of {host} is not trusted: {reply}",
                remedy="if a proxy of yours opens TLS, let AWS_CA_BUNDLE name its certificates",
            ) from reply
        raise UnreachableError(
            f"{host} cannot be reached: {reply or type(reply).__name__} ({tries.count} attempts)",
            remedy="check the network (and HTTPS_PROXY, NO_PROXY), then run it again",
        ) from reply


def _nothing() -> None:
    pass


def _write(connection: HTTPConnection, asked: _Asked, target: str, headers: dict[str, str]) -> None:
    if isinstance(asked.body, bytes):
        connection.request(asked.method, target, asked.body or None, headers)
        return
    with asked.body.open("rb") as file:
        size = asked.body.stat().st_size
        try:
            connection.request(asked.method, target, file, {**headers, "content-length": str(size)})
        except (BrokenPipeError, ConnectionResetError):
            # It may have said why before it closed: the caller reads that. Without a socket there
            # is nothing to read.
            if connection.sock is None:
                raise


def _read(response: HTTPResponse, asked: _Asked) -> Response:
    headers = {name.lower(): value for name, value in response.getheaders()}
    if asked.to is None or response.status >= 300:  # noqa: PLR2004 - not a success
        body = response.read()
        return Response(_status(asked, response.status, body), headers, body)
    asked.to.seek(0)
    asked.to.truncate()
    while block := response.read(COPIED):
        asked.to.write(block)
    if response.length:
        raise HTTPException(f"the reply ended {response.length} bytes too early")
    return Response(response.status, headers, b"")


def _status(asked: _Asked, status: int, body: bytes) -> int:
    """S3 begins a long copy's reply with 200 before it knows how the copy ends.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html#API_CopyObject_RequestSyntax
    """
    failed = status == 200 and asked.service == "s3" and asked.method in {"PUT", "POST"}  # noqa: PLR2004
    return 500 if failed and ERROR_IN_SUCCESS.match(body) else status


def digest(body: bytes | Path) -> str:
    """Return the SHA-256 of a body, in hex."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_certificate(error: Exception) -> bool:
    """Whether TLS failed because the server's certificate is not trusted."""
    return type(error).__name__ == "SSLCertVerificationError"
