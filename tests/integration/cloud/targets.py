"""Applications on loopback that do what a test tells them."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = 64 * 1024


@dataclass
class App:
    """An application. `release` lets the requests to /slow, and the second half of /stream, go."""

    name: str = "app"
    health: int = 200
    delay: float = 0
    port: int = 0
    checks: list[dict[str, str]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app: App

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        if self.headers.get("User-Agent", "").startswith("ELB-HealthChecker"):
            self.app.checks.append({"path": self.path, **dict(self.headers)})
            self.app.release.wait(self.app.delay)
            self.reply(self.app.health, b"health")
            return
        self.app.seen.append(self.path)
        getattr(self, f"on_{path.strip('/')}", self.on_echo)()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

    def on_echo(self) -> None:
        digest, size = hashlib.sha256(), 0
        for chunk in self.body():
            digest.update(chunk)
            size += len(chunk)
        document = {
            "name": self.app.name,
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "size": size,
            "sha256": digest.hexdigest(),
        }
        self.reply(200, json.dumps(document).encode())

    def on_slow(self) -> None:
        self.app.arrived.set()
        self.app.release.wait(30)
        self.reply(200, self.app.name.encode())

    def on_die(self) -> None:
        self.close_connection = True

    def on_stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk(b"first\n")
        self.app.release.wait(30)
        self.chunk(b"second\n")
        self.chunk(b"")

    def on_broken(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def on_large(self) -> None:
        size = 50_000_000
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for sent in range(0, size, CHUNK):
            self.wfile.write(b"x" * min(CHUNK, size - sent))

    def body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while length := int(self.rfile.readline().strip() or b"0", 16):
                yield self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            chunk = self.rfile.read(min(CHUNK, left))
            left -= len(chunk)
            yield chunk

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        pass  # a client that goes away is part of the tests


@contextmanager
def running(app: App) -> Iterator[App]:
    """Serve `app` on a free loopback port (or the one it names)."""
    handler = type("Handler", (Handler,), {"app": app})
    with Server(("127.0.0.1", app.port), handler) as server:
        app.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield app
        finally:
            app.release.set()
            server.shutdown()
