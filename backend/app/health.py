"""/health: this process answers.

It is what the load balancer and ECS ask, and it depends on nothing else: if it asked the
database, a database that is down would make ECS kill every healthy task as well. Whether the
service can do its work (readiness) is another question, for /health/db.
"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

LIVENESS = "/health"

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get(LIVENESS)
async def health() -> Health:
    return Health()
