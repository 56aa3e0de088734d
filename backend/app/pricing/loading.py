"""Loads the model beside the start of the service: alive at once, ready a bit later."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Self

import structlog
from fastapi import Depends, Request
from structlog.stdlib import BoundLogger

from app.problems import UnavailableError

from .model import Model

MODEL = Path(__file__).parent / "model.json"

logger: BoundLogger = structlog.get_logger("app.pricing")


def load_model(path: Path = MODEL) -> Model:
    """Raises OSError or pydantic's ValidationError for what is no model."""
    return Model.model_validate_json(path.read_bytes())


class Loading:
    """An asynchronous context that loads, in a thread, what `load` returns."""

    def __init__(self, load: Callable[[], Model] = load_model) -> None:
        self.load = load
        self.loaded: Model | None = None
        self.missing: str | None = "the pricing model is being loaded"
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def run(self) -> None:
        try:
            self.loaded = await asyncio.to_thread(self.load)
        except (OSError, ValueError):  # pydantic's ValidationError is a ValueError
            self.missing = "the pricing model could not be loaded"
            logger.exception(self.missing)
        else:
            self.missing = None
            logger.info("pricing model loaded", model=self.loaded.version)

    def model(self) -> Model:
        if self.loaded is None:
            raise UnavailableError(str(self.missing))
        return self.loaded


def model_of(request: Request) -> Model:
    """The dependency behind Pricing: 503 until the model is there."""
    loading: Loading = request.app.state.pricing
    return loading.model()


Pricing = Annotated[Model, Depends(model_of)]
