from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.integration.cloud.rds.world import Instances
from tests.integration.local_cloud import Cloud


@pytest.fixture
def instances(cloud: Cloud) -> Iterator[Instances]:
    with closing(Instances(cloud)) as made:
        yield made
