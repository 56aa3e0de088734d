"""A small HTTP server that misbehaves as its environment says.

PROBE_PORT        where to listen (8080)
PROBE_VERSION     what GET / answers ("1")
PROBE_EXIT        exit with this code at once, after a line that says so
PROBE_EXIT_AFTER  exit with code 3 after so many seconds
PROBE_START       seconds to wait before listening (0)
PROBE_HEALTH      the status that GET /health answers (200)
PROBE_SILENT      1: never listen
PROBE_OOM         seconds after which to take memory without end; 0: instead of listening
PROBE_STUBBORN    1: ignore SIGTERM

GET /slow?seconds=N answers after N seconds; GET /env/NAME answers a variable's value; GET
/file?path=P answers a file. On SIGTERM requests under way are finished, then it exits with 0.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


def number(name: str, default: float = 0.0) -> float:
    return float(os.environ.get(name) or default)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        status, text = self.answer(url.path, parse_qs(url.query))
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, path: str, query: "dict[str, list[str]]") -> "tuple[int, str]":
        if path == "/health":
            return int(number("PROBE_HEALTH", 200)), "health"
        if path == "/slow":
            time.sleep(float(query["seconds"][0]))
            return 200, "slow"
        if path.startswith("/env/"):
            return 200, os.environ.get(path.removeprefix("/env/"), "")
        if path == "/file":
            return 200, Path(query["path"][0]).read_text()
        return 200, json.dumps({"version": os.environ.get("PROBE_VERSION", "1")})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base
        print("request", format % args, flush=True)


def eat_memory() -> None:
    print("taking memory", flush=True)
    taken = []
    while True:
        taken.append(bytearray(8 * 1024 * 1024))


def run_at(seconds: float, action: "Callable[[], object]") -> None:
    if not seconds:
        action()
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def serve() -> None:
    time.sleep(number("PROBE_START"))
    server = ThreadingHTTPServer(("0.0.0.0", int(number("PROBE_PORT", 8080))), Handler)
    server.daemon_threads = False

    def stop(*_: object) -> None:
        print("SIGTERM", flush=True)
        if os.environ.get("PROBE_STUBBORN") != "1":
            threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    print("listening", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def main() -> None:
    # The first process of a container ignores SIGTERM until it has a handler for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("starting version", os.environ.get("PROBE_VERSION", "1"), flush=True)
    if os.environ.get("PROBE_EXIT"):
        print("fatal: told to exit", flush=True)
        sys.exit(int(number("PROBE_EXIT")))
    if os.environ.get("PROBE_EXIT_AFTER"):
        run_at(number("PROBE_EXIT_AFTER"), lambda: os._exit(3))
    if os.environ.get("PROBE_OOM"):
        run_at(number("PROBE_OOM"), eat_memory)
    if os.environ.get("PROBE_SILENT") == "1":
        while True:
            time.sleep(3600)
    serve()


if __name__ == "__main__":
    main()
