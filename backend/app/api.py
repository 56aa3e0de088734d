"""/api/v1: the place of the domain. Its routers are included here."""

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1")
