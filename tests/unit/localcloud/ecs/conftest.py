"""An ECS whose container engine is played."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.localcloud.ecs.played import Ecs


@pytest.fixture
async def ecs() -> AsyncIterator[Ecs]:
    made = Ecs()
    await made.api.start()
    await made("CreateCluster", clusterName="c", tags=[{"key": "a", "value": "b"}])
    yield made
    await made.api.stop()
    assert made.containers.running == {}
