"""/version: what exactly runs here.

Commit and source tag come from the environment, where the deploy writes them (the task
definition). They are not baked into the image: with the commit as a build argument, the same
source would be a new image, and a new rollout, after every commit to anything else.
"""

import platform
from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from .settings import Settings

router = APIRouter(tags=["operations"])


class Version(BaseModel):
    """What runs. A commit or source tag that the environment does not name is null."""

    model_config = ConfigDict(frozen=True)

    commit: str | None
    source_tag: str | None
    python: str
    started_at: datetime

    @classmethod
    def of(cls, settings: Settings, started_at: datetime | None = None) -> Self:
        return cls(
            commit=settings.app_commit,
            source_tag=settings.app_source_tag,
            python=platform.python_version(),
            started_at=started_at or datetime.now(UTC),
        )


def running_version(request: Request) -> Version:
    """The dependency behind Running: create_app keeps the version in the application's state."""
    version: Version = request.app.state.version
    return version


Running = Annotated[Version, Depends(running_version)]


@router.get("/version")
async def version(running: Running) -> Version:
    return running
