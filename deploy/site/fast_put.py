"""The fast way to store many small objects: obstore, whose requests are made outside of Python.

It needs a quarter of the time of clients in Python (docs/speed.md), but cannot tell the server's
time, follow a wrong clock or say what was wrong. So it tries once; whatever does not succeed is for
the other way, which knows what to do.
"""

import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from deploy.connections import CONNECT_SECONDS, READ_SECONDS, proxy_for
from deploy.objects import bucket_url, is_virtual
from deploy.signature import Credentials
from deploy.signed_http import SignedHttp
from deploy.site.workers import WORKERS

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Credential, S3Store

WHOLE_SECONDS = 60.0  # for a PUT of at most some MiB
TRUSTED_FAILURES = 8  # in a row; then the fast way is blocked here (by a proxy, a firewall)


class Stored(NamedTuple):
    """What S3 answered to a PUT."""

    etag: str
    version: str


class FastPut:
    """Small PUTs into one bucket. Thread-safe."""

    def __init__(self, http: SignedHttp, bucket: str) -> None:
        self.http, self.bucket = http, bucket
        self._failures = 0
        self._lock = threading.Lock()
        self._store = lru_cache(maxsize=1)(self._connect)

    def put(self, key: str, body: bytes, headers: Mapping[str, str]) -> Stored | None:
        """Store `body` with a SHA-256 that S3 verifies; None if that did not work.

        `headers` are Content-Type, Cache-Control and so on; any other name is metadata. Keys that
        obstore would write otherwise ("//", "./") are not for it.
        """
        if self.http.skew or self._failures >= TRUSTED_FAILURES:
            return None
        self.http.before_write()
        import obstore
        from obstore.exceptions import BaseError

        try:
            store = self._current()
            reply = obstore.put(store, key, body, attributes=dict(headers), use_multipart=False)
        except (BaseError, ValueError, OSError):  # a missing bucket is a FileNotFoundError
            self._failures += 1
            return None
        self._failures = 0
        return Stored(reply["e_tag"], reply["version"] or "") if reply["e_tag"] else None

    def _current(self) -> "S3Store":
        credentials = self.http.credentials.current()
        with self._lock:
            return self._store(credentials)

    def _connect(self, credentials: Credentials) -> "S3Store":
        from obstore.store import S3Store

        virtual = is_virtual(self.http, self.bucket)
        url = bucket_url(self.http, self.bucket) if virtual else self.http.url("s3")
        return S3Store(
            self.bucket,
            endpoint=url.rstrip("/"),
            region=self.http.region,
            virtual_hosted_style_request=virtual,
            # Not as settings: the environment's AWS_SESSION_TOKEN would be added to them.
            credential_provider=lambda: _as_provided(credentials),
            checksum_algorithm="SHA256",
            unsigned_payload=False,
            skip_signature=False,
            client_options=self._client_options(url),
            retry_config={"max_retries": 0},
        )

    def _client_options(self, url: str) -> "ClientConfig":
        parts, known = urlsplit(url), self.http.connections
        options: ClientConfig = {
            "allow_http": parts.scheme == "http",
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=READ_SECONDS),
            "timeout": timedelta(seconds=WHOLE_SECONDS),
            "pool_max_idle_per_host": str(WORKERS),
        }
        if known.bundle:
            options["root_certificate"] = Path(known.bundle).read_bytes()
        if parts.scheme == "https" and (proxy := proxy_for(parts, known.environ)):
            options["proxy_url"] = proxy
        return options


def _as_provided(credentials: Credentials) -> "S3Credential":
    return {
        "access_key_id": credentials.access_key,
        "secret_access_key": credentials.secret_key,
        "token": credentials.token or None,
        "expires_at": None,  # SignedHttp knows; then there is another store
    }
