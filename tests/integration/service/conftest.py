"""A deployed service: behind a load balancer, and by itself."""

from collections.abc import Iterator

import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.ecs.world import World
from tests.integration.local_cloud import Cloud
from tests.integration.service.world import Deployed


@pytest.fixture
def balancer(cloud: Cloud) -> Iterator[Balancer]:
    """A load balancer with a listener; it is deleted after the services behind it."""
    made = Balancer(cloud)
    made.listen(delay=1)
    yield made
    made.close()


@pytest.fixture
def behind(balancer: Balancer, world: World) -> Iterator[Deployed]:
    """An environment whose service stands behind a load balancer; nothing was released yet."""
    made = Deployed(world, balancer)
    yield made
    made.close()


@pytest.fixture
def alone(world: World) -> Iterator[Deployed]:
    """An environment whose service has no load balancer; nothing was released yet."""
    made = Deployed(world, None)
    yield made
    made.close()
