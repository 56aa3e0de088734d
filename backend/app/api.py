"""/api/v1: the domain, telematics insurance. Its routers are included here."""

from fastapi import APIRouter

from .domain import drivers, events, prices, trips, uploads
from .problems import problems

router = APIRouter(prefix="/api/v1", responses=problems(413, 422, 503))
for room in (drivers, trips, uploads, prices):
    router.include_router(room.router)
router.include_router(events.router)
