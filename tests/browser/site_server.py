"""What CloudFront and the backend are to the page: the built files, and two answers under /api."""

import json
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

CSP = "default-src 'self'"
VERSION = {
    "commit": "3f9a1c2d4e5f60718293a4b5c6d7e8f901234567",
    "source_tag": "src-0a1b2c3d4e5f",
    "python": "3.12.4",
    "started_at": "2026-11-22T08:15:12.345678Z",
}


class SiteServer:
    """Serves `root` as a single-page site on a free port, and a backend that a test can break.

    `version` is what /api/version answers; without it every path below /api answers 503.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.version: dict[str, Any] | None = dict(VERSION)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str) -> tuple[HTTPStatus, object]:
        """Return what the backend answers at `path`."""
        if self.version is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"detail": "no healthy task"}
        answers = {"/api/health": {"status": "ok"}, "/api/version": self.version}
        if path in answers:
            return HTTPStatus.OK, answers[path]
        return HTTPStatus.NOT_FOUND, {"detail": "Not Found"}


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, site: SiteServer, *arguments: Any) -> None:
        self.site = site
        super().__init__(*arguments, directory=str(site.root))

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/api/"):
            self._send_json(*self.site.answer(path))
            return
        if "." not in path.rpartition("/")[2]:
            self.path = "/index.html"  # a page's address, not a file's
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (its name there)
        pass

    def _send_json(self, status: HTTPStatus, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
