"""The application: what is served where."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from . import api, health, version
from .database import Database
from .domain.events import Feed
from .domain.uploads import AROUND, MOST_BYTES
from .openapi import describe
from .pricing import Loading, Model, load_model
from .problems import add_handlers
from .requests import BodyLimit, Failures, RequestLog
from .settings import Settings
from .version import Running, Version

GREETING = "Hello from Shipway!"  # change me, and run: invoke deploy-backend


class Welcome(BaseModel):
    message: str
    source_tag: str | None
    docs: str = "/docs"


async def welcome(running: Running) -> Welcome:
    return Welcome(message=GREETING, source_tag=running.source_tag)


@asynccontextmanager
async def working(app: FastAPI) -> AsyncIterator[None]:
    """From start to end: none of these keeps the service from starting, nor waits for another."""
    async with app.state.pricing, app.state.database, app.state.feed:
        yield


def create_app(settings: Settings | None = None, load: Callable[[], Model] = load_model) -> FastAPI:
    """Build the application from its settings; without any, from the environment. `load` returns
    the pricing model.

    Raises SettingsError for an environment that can't work.
    """
    settings = settings or Settings.from_environment(os.environ)
    tag = settings.app_source_tag or "unreleased"
    app = FastAPI(title="Shipway demo", version=tag, lifespan=working)
    app.state.version = Version.of(settings)
    app.state.pricing = Loading(load)
    app.state.database = Database(settings)
    app.state.feed = Feed(app.state.database)
    add_handlers(app)
    add_routes(app)
    add_middleware(app, settings)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def add_routes(app: FastAPI) -> None:
    app.get("/", tags=["operations"])(welcome)
    for room in (health, version, api):
        app.include_router(room.router)
    for room in (health, version):  # the CDN passes /api/* on as it is
        app.include_router(room.router, prefix="/api")


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost: every answer is logged, and every answer, also that
    of a failure, carries the CORS headers without which a browser would hide it from the site.
    """
    app.add_middleware(BodyLimit, most=MOST_BYTES + AROUND)
    app.add_middleware(Failures)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=settings.cors_credentials,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        expose_headers=["Location", "Retry-After", "X-Request-ID"],
    )
    app.add_middleware(RequestLog, clock=time.perf_counter)
