"""How the application is served: uvicorn, with our logs and a bounded drain."""

import socket
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE

from .logs import configure_logs
from .settings import Settings


class Server(uvicorn.Server):
    """Ends the streams of events first: they would be in flight until the timeout."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.app.state.feed.close()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT: then refuse new connections and finish the requests in
    flight, for at most `graceful_timeout` seconds.
    """
    configure_logs(settings.log_level, settings.app_source_tag)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,  # logs.py has the renderer, requests.py the line for each request
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_keep_alive=settings.keep_alive_timeout,
        timeout_graceful_shutdown=settings.graceful_timeout,
    )
    server = Server(config, app)
    with suppress(KeyboardInterrupt):  # drained, and raised again as SIGINT
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
