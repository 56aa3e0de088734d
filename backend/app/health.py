"""/health: this process answers. /health/db: and it can do its work.

The first is what the load balancer and ECS ask, and it depends on nothing else: if it asked the
database, a database that is down would make ECS kill every healthy task as well. The second
(readiness) is for people, alarms and tests.
"""

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from .database import Data

LIVENESS = "/health"
READINESS = "/health/db"

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`ok`, or `unavailable` with a line for each thing that is missing."""

    status: Literal["ok", "unavailable"]
    missing: list[str]


@router.get(LIVENESS)
async def health() -> Health:
    return Health()


@router.get(READINESS, responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Readiness}})
async def ready(request: Request, response: Response, database: Data) -> Readiness:
    missing = [line for line in (await database.check(), request.app.state.pricing.missing) if line]
    if missing:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Readiness(status="unavailable" if missing else "ok", missing=missing)
