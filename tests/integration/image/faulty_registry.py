"""A TCP proxy before a registry that breaks the first requests of one kind.

It looks at the first bytes that a client sends at a time; the Docker engine does not pipeline, so
each request starts such a read.
"""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["503", "reset"]
ANSWER = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CHUNK = 65536


@dataclass
class FaultyRegistry:
    """Breaks the next `times` requests whose first line starts with `method` and holds `path`."""

    upstream: tuple[str, int]
    fault: Fault
    times: int
    method: str = "PUT"
    path: str = "/manifests/"
    port: int = 0
    broken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def breaks(self, data: bytes) -> bool:
        line = data.partition(b"\r\n")[0].decode("latin-1")
        with self.lock:
            if not line.startswith(f"{self.method} ") or self.path not in line:
                return False
            if self.broken >= self.times:
                return False
            self.broken += 1
            return True

    def serve(self, client: socket.socket) -> None:
        with suppress(OSError), socket.create_connection(self.upstream) as server:
            threading.Thread(target=copy, args=(server, client), daemon=True).start()
            while data := client.recv(CHUNK):
                if self.breaks(data):
                    self.end(client)
                    return
                server.sendall(data)

    def end(self, client: socket.socket) -> None:
        if self.fault == "503":
            client.sendall(ANSWER)
            return
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def faulty_registry(
    upstream: tuple[str, int], fault: Fault, times: int
) -> Iterator[FaultyRegistry]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    registry = FaultyRegistry(upstream, fault, times)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            registry.serve(self.request)

    with _Server(("127.0.0.1", 0), Handler) as server:
        registry.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield registry
        finally:
            server.shutdown()
