"""HTTP connections that are kept, through the proxies and with the certificates that botocore uses.

The standard library's client: it needs less time than urllib3, for a request and for its import
(docs/speed.md).
"""

import base64
import os
import sys
import threading
import weakref
from collections import defaultdict
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from deploy.errors import PreflightError

if TYPE_CHECKING:
    import ssl

CONNECT_SECONDS, READ_SECONDS = 3.0, 30.0
BLOCK = 1 << 17  # bytes that are read from a file and sent at a time


class Connections:
    """Idle connections by scheme and host, the one that was used last first. Thread-safe."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.bundle = environ.get("AWS_CA_BUNDLE") or environ.get("REQUESTS_CA_BUNDLE") or ""
        self._idle: defaultdict[tuple[str, str], list[HTTPConnection]] = defaultdict(list)
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._process = os.getpid()
        weakref.finalize(self, _close, self._idle)  # nobody has to remember it

    def take(self, parts: SplitResult) -> HTTPConnection:
        """Return a connection to the host of a URL. It has a socket if it was used before."""
        with self._lock:
            if self._process != os.getpid():  # a child after fork: these are its parent's
                self._idle.clear()
                self._process = os.getpid()
            idle = self._idle[parts.scheme, parts.netloc]
            return idle.pop() if idle else self._new(parts)

    def give(self, parts: SplitResult, connection: HTTPConnection) -> None:
        """Keep a connection whose reply was read to its end."""
        if connection.sock is not None:
            with self._lock:
                self._idle[parts.scheme, parts.netloc].append(connection)

    def drop(self, parts: SplitResult) -> None:
        """Close the idle connections to a host: it has closed one of them."""
        with self._lock:
            dropped = self._idle.pop((parts.scheme, parts.netloc), [])
        _close({(): dropped})

    def _new(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "http":  # a local cloud: no proxy is between
            return _Plain(host, parts.port, blocksize=BLOCK)
        proxy = proxy_for(parts, self.environ)
        if not proxy:
            return _encrypted(host, parts.port, self._context())
        near = urlsplit(proxy)
        connection = _encrypted(near.hostname or "", near.port or 80, self._context())
        connection.set_tunnel(host, parts.port or 443, _authorization(near))
        return connection

    def _context(self) -> "ssl.SSLContext":
        import ssl

        if self._tls is None:
            try:
                self._tls = ssl.create_default_context(cafile=self.bundle or None)
            except OSError as error:
                raise PreflightError(
                    f"the certificates in {self.bundle} cannot be read: {error}",
                    remedy="let AWS_CA_BUNDLE name a file of PEM certificates, or unset it",
                ) from error
            if not self.bundle:
                self._tls.load_verify_locations(_shipped_bundle())
        return self._tls


def _close(idle: Mapping[Any, list[HTTPConnection]]) -> None:
    for connections in idle.values():
        for connection in connections:
            connection.close()


class _Plain(HTTPConnection):
    def connect(self) -> None:
        self.timeout = CONNECT_SECONDS
        super().connect()
        self.sock.settimeout(READ_SECONDS)


def _encrypted(host: str, port: int | None, context: "ssl.SSLContext") -> HTTPConnection:
    from http.client import HTTPSConnection

    class Encrypted(HTTPSConnection):
        def connect(self) -> None:
            self.timeout = CONNECT_SECONDS
            super().connect()
            self.sock.settimeout(READ_SECONDS)

    return Encrypted(host, port, context=context, blocksize=BLOCK)


def proxy_for(parts: SplitResult, environ: Mapping[str, str]) -> str:
    """Return the URL of the proxy to a URL, empty if there is none. Python's rules, as botocore.

    Raises PreflightError for a proxy that is itself reached over TLS.
    """
    set_here = any(name.lower().endswith("_proxy") and environ[name] for name in environ)
    if not set_here and sys.platform not in {"darwin", "win32"}:
        return ""
    from urllib.request import getproxies, proxy_bypass

    proxy = getproxies().get(parts.scheme, "")
    if not proxy or proxy_bypass(parts.netloc):
        return ""
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith("http://"):
        raise PreflightError(
            f"the proxy for {parts.hostname} is not reached by plain HTTP",
            remedy="give HTTPS_PROXY as http://host:port; what goes through it is encrypted anyway",
        )
    return proxy


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def _shipped_bundle() -> str:
    """The certificates that botocore goes by, beside the system's."""
    import certifi

    return certifi.where()
