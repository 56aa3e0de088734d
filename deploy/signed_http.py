"""HTTPS requests to AWS, signed, without an AWS client: what a few hundred bytes of code can ask.

boto3 takes half a second to import and make a client, and 2 ms of CPU for each request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Response:
    """A reply. The names of `headers` are in lower case; `attempts` were made until it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1


class SignedHttp:
    """Signed requests in one region, over connections that are kept. Thread-safe.

    `endpoint` is a local cloud's URL, None on AWS. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        region: str,
        endpoint: str | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.region, self.endpoint = region, endpoint
        self.clock, self.sleep = clock, sleep

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
    ) -> Response:
        """Send a request and return the reply, whatever its status.

        `url` is percent-encoded. `sha256` (hex) is the body's, if it is known. A successful
        reply's body is written to `to` if there is one. Throttling, 5xx and broken connections
        are tried again; raises ToolError when that doesn't help, PreflightError for credentials.
        """
        raise NotImplementedError
