"""Values that the tests of this room share."""

import pytest

from deploy.image.plan import ImagePlan
from deploy.target import ServiceTarget

URL = "registry.example/shop/backend"
TAG = "src-0123456789abcdef0123"


@pytest.fixture
def target() -> ServiceTarget:
    return ServiceTarget(
        name="backend",
        service="shop-backend",
        family="shop-backend",
        repository="shop/backend",
        repository_url=URL,
        execution_role_arn="arn:e",
        task_role_arn="arn:t",
        log_group="/shop/backend",
        target_group_arn="",
        url="",
        min_tasks=1,
    )


@pytest.fixture
def plan() -> ImagePlan:
    return ImagePlan(
        service="backend",
        repository="shop/backend",
        repository_url=URL,
        tag=TAG,
        action="build",
        reason=f"no image has source tag {TAG}",
    )
