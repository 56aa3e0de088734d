"""The application: what is served where."""

import os
import time

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from . import api, health, version
from .requests import Failures, RequestLog
from .settings import Settings
from .version import Running, Version

GREETING = "Hello from Shipway!"  # change me, and run: invoke deploy-backend


class Welcome(BaseModel):
    message: str
    source_tag: str | None
    docs: str = "/docs"


async def welcome(running: Running) -> Welcome:
    return Welcome(message=GREETING, source_tag=running.source_tag)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application from its settings; without any, from the environment.

    Raises SettingsError for an environment that can't work.
    """
    settings = settings or Settings.from_environment(os.environ)
    app = FastAPI(title="Shipway demo", version=settings.app_source_tag or "unreleased")
    app.state.version = Version.of(settings)
    app.get("/", tags=["operations"])(welcome)
    for room in (health, version, api):
        app.include_router(room.router)
    for room in (health, version):  # the CDN passes /api/* on as it is
        app.include_router(room.router, prefix="/api")
    add_middleware(app, settings)
    return app


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost: every answer is logged, and every answer, also that
    of a failure, carries the CORS headers without which a browser would hide it from the site.
    """
    app.add_middleware(Failures)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=settings.cors_credentials,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        expose_headers=["X-Request-ID"],
    )
    app.add_middleware(RequestLog, clock=time.perf_counter)
