"""How the application is served: uvicorn, with our logs and a bounded drain."""

import uvicorn
from fastapi import FastAPI

from .logs import configure_logs
from .settings import Settings


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT: then refuse new connections and finish the requests in
    flight, for at most `graceful_timeout` seconds.
    """
    configure_logs(settings.log_level, settings.app_source_tag)
    uvicorn.run(
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
