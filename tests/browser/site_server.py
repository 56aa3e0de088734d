"""What CloudFront and the backend are to the page: the built files, and what is under /api.

Two answers are made here, so that a test can change them; all else is passed on to a real backend,
if there is one.
"""

import http.client
import json
import threading
from contextlib import suppress
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

    `version` is what /api/version answers; without it every path below /api answers 503. `backend`
    is the port of a real one for all the others.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.version: dict[str, Any] | None = dict(VERSION)
        self.backend: int | None = None
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
        if path.startswith("/api/v1/") and self.site.backend:
            self._pass_on(self.site.backend)
            return
        if path.startswith("/api/"):
            self._send_json(*self.site.answer(path))
            return
        if "." not in path.rpartition("/")[2]:
            self.path = "/index.html"  # a page's address, not a file's
        super().do_GET()

    def do_POST(self) -> None:
        assert self.site.backend
        self._pass_on(self.site.backend)

    do_DELETE = do_POST  # noqa: N815 (its name there)

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

    def _pass_on(self, backend: int) -> None:
        """Give the request to the backend and its answer back, each part as soon as it is there."""
        connection = http.client.HTTPConnection("127.0.0.1", backend, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
        except OSError:
            self._send_json(HTTPStatus.BAD_GATEWAY, {})
            return
        self.send_response(answer.status)
        for name in ("Content-Type", "Content-Length"):
            if value := answer.headers[name]:
                self.send_header(name, value)
        self.end_headers()
        with suppress(OSError, http.client.HTTPException):  # either side may go away meanwhile
            while part := answer.read1():
                self.wfile.write(part)
        connection.close()
