"""Read what a deploy of one image needs to know, and plan it. Writes nothing, needs no Docker."""

from typing import TYPE_CHECKING

from deploy.config.model import Build
from deploy.image.context import source_of
from deploy.image.plan import ImagePlan, plan_image
from deploy.image.registry import check_platform, find
from deploy.target import ServiceTarget

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


def survey(
    ecr: "ECRClient",
    build: Build,
    target: ServiceTarget,
    *,
    rebuild: bool = False,
    dirty: bool = False,
) -> ImagePlan:
    """Look for the image of this source in the registry and return what a deploy would do.

    `dirty` says that git's working tree has uncommitted changes; it is only told. Raises
    PreflightError if the context can't be read, the repository is missing, or the image that would
    be reused is for another platform.
    """
    tag = source_of(build)
    found = find(ecr, target.repository, tag)
    plan = plan_image(target, tag, found, rebuild=rebuild, dirty=dirty)
    if found and plan.action == "reuse":
        check_platform(build.platform, found.platforms, plan.name)
    return plan
