"""An HTTP proxy before a cloud: it counts what a deploy asks for, and breaks what a test names.

A real server: what is deployed through it has real connections, retries and time-outs.
"""

import http.client
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Kind = Literal[
    "LIST", "GET", "HEAD", "PUT", "COPY", "DELETE", "INVALIDATE", "INVALIDATION", "OTHER"
]
How = Literal["reset", "500", "503", "403", "hold", "unanswered"]
BODIES = {
    "500": ("InternalError", "We encountered an internal error. Please try again."),
    "503": ("SlowDown", "Please reduce your request rate."),
    "403": ("AccessDenied", "Access Denied"),
}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}
INVALIDATION = re.compile(r"/2020-05-31/distribution/[^/]+/invalidation(?P<id>/.*)?")


@dataclass(frozen=True)
class Seen:
    """One request. `key` is an object's, or the path of what is no object."""

    kind: Kind
    key: str

    @property
    def internal(self) -> bool:
        return self.key.startswith(".shipway/")


@dataclass
class Fault:
    """Breaks `times` requests of `kind` whose key matches `key`, after letting `after` pass.

    `hold` keeps the request until the proxy's `released` is set, and then drops it; `unanswered`
    lets it through and drops the reply.
    """

    kind: Kind
    how: How
    key: str = r"(?!\.shipway/).*"  # the site's own objects
    after: int = 0
    times: int = 1
    matched: int = 0

    def strikes(self, seen: Seen) -> bool:
        if seen.kind != self.kind or not re.fullmatch(self.key, seen.key):
            return False
        self.matched += 1
        return self.after < self.matched <= self.after + self.times


@dataclass
class FaultyCloud:
    """What was asked since the last `clear`, and what is to break."""

    host: str
    upstream: int
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def clear(self) -> None:
        with self.lock:
            self.seen.clear()
            self.faults.clear()

    def count(self, *, internal: bool | None = None) -> Counter[str]:
        """Return how many requests of each kind came; only the site's own, or only the others."""
        with self.lock:
            return Counter(s.kind for s in self.seen if internal in (None, s.internal))

    def keys(self, kind: Kind) -> list[str]:
        """Return the site's keys that requests of `kind` were for, sorted."""
        with self.lock:
            return sorted(s.key for s in self.seen if s.kind == kind and not s.internal)

    def receive(self, seen: Seen) -> Fault | None:
        with self.lock:
            self.seen.append(seen)
            struck = [fault for fault in self.faults if fault.strikes(seen)]
            return struck[0] if struck else None


def classify(method: str, path: str, *, copies: bool) -> Seen:
    parts = urlsplit(path)
    query = parse_qs(parts.query, keep_blank_values=True)
    if found := INVALIDATION.fullmatch(parts.path):
        return Seen("INVALIDATION" if found["id"] else "INVALIDATE", parts.path)
    _, _, key = unquote(parts.path).lstrip("/").partition("/")
    if method == "GET" and "list-type" in query:
        return Seen("LIST", query.get("prefix", [""])[0])
    if method == "POST" and "delete" in query:
        return Seen("DELETE", "")
    if method == "PUT" and key:
        return Seen("COPY" if copies else "PUT", key)
    kinds: dict[str, Kind] = {"GET": "GET", "HEAD": "HEAD", "DELETE": "DELETE"}
    return Seen(kinds.get(method, "OTHER") if key else "OTHER", key)


class Handler(BaseHTTPRequestHandler):
    """One client's connection; it keeps one of its own to the cloud."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    cloud: FaultyCloud

    def setup(self) -> None:
        super().setup()
        self.behind = http.client.HTTPConnection(self.cloud.host, self.cloud.upstream, timeout=60)

    def finish(self) -> None:
        self.behind.close()
        with suppress(OSError):
            super().finish()

    def log_message(self, *_: object) -> None:
        pass

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        copies = "x-amz-copy-source" in self.headers
        fault = self.cloud.receive(classify(self.command, self.path, copies=copies))
        if fault is None:
            self.forward(body)
        elif fault.how in BODIES:
            self.refuse(fault.how)
        elif fault.how == "unanswered":
            self.behind_asked(body)
            self.drop(hold=False)
        else:
            self.drop(hold=fault.how == "hold")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_any  # noqa: N815 - their names

    def behind_asked(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask the cloud; return its reply and the reply's body."""
        kept = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        kept["Content-Length"] = str(len(body))
        try:
            self.behind.request(self.command, self.path, body, kept)
            reply = self.behind.getresponse()
        except ConnectionError:  # the cloud ended a connection that was idle
            self.behind.close()
            self.behind.request(self.command, self.path, body, kept)
            reply = self.behind.getresponse()
        return reply, reply.read()

    def forward(self, body: bytes) -> None:
        reply, content = self.behind_asked(body)
        self.send_response_only(reply.status, reply.reason)
        for name, value in reply.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        length = reply.headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status: str) -> None:
        code, message = BODIES[status]
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        self.send_response(int(status))
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def drop(self, *, hold: bool) -> None:
        """End the connection as a cable that is pulled does, maybe after the test said so."""
        if hold:
            self.cloud.held.set()
            self.cloud.released.wait(60)
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that was killed


@contextmanager
def faulty_cloud(endpoint: str) -> Iterator[FaultyCloud]:
    """Serve before `endpoint` on a free port of 127.0.0.1 until the block ends."""
    parts = urlsplit(endpoint)
    assert parts.hostname
    assert parts.port
    cloud = FaultyCloud(parts.hostname, parts.port)
    handler = type("Bound", (Handler,), {"cloud": cloud})
    with Server(("127.0.0.1", 0), handler) as server:
        cloud.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield cloud
        finally:
            cloud.released.set()
            server.shutdown()
