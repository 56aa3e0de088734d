"""https://docs.aws.amazon.com/autoscaling/application/userguide/getting-started.html"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.autoscaling import AutoScalingApi
from localcloud.settings import Settings
from localcloud.wire import ApiError

NAMED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}


class Count:
    """Stands for the ECS service: one desired count, and what was written to it."""

    def __init__(self, count: int | None) -> None:
        self.count = count
        self.written: list[int] = []

    async def read(self, _: str) -> int | None:
        return self.count

    async def write(self, _: str, count: int) -> None:
        self.count = count
        self.written.append(count)


def api(count: Count) -> AutoScalingApi:
    return AutoScalingApi(count, Settings(), lambda: 0.0)


async def register(service: AutoScalingApi, **options: Any) -> dict[str, Any]:
    return await service.call("RegisterScalableTarget", {**NAMED, **options})


@given(st.integers(0, 20), st.integers(0, 10), st.integers(0, 10))
async def test_the_count_ends_inside_the_bounds(count: int, low: int, more: int) -> None:
    service = Count(count)
    await register(api(service), MinCapacity=low, MaxCapacity=low + more)
    assert service.count is not None
    assert low <= service.count <= low + more
    assert service.written == ([] if service.count == count else [service.count])


async def test_a_refused_registration_leaves_no_trace() -> None:
    service = api(Count(None))
    with pytest.raises(ApiError, match="doesn't exist"):
        await register(service, MinCapacity=1, MaxCapacity=2)
    found = await service.call("DescribeScalableTargets", {"ServiceNamespace": "ecs"})
    assert found == {"ScalableTargets": []}


async def test_resources_other_than_services_are_only_kept() -> None:
    count = Count(None)
    other = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    service = api(count)
    await service.call("RegisterScalableTarget", {**other, "MinCapacity": 1, "MaxCapacity": 2})
    found = await service.call("DescribeScalableTargets", {"ServiceNamespace": "dynamodb"})
    assert [target["ResourceId"] for target in found["ScalableTargets"]] == ["table/t"]
    assert count.written == []


async def test_a_malformed_resource_is_refused() -> None:
    bad = {**NAMED, "ResourceId": "s", "MinCapacity": 1, "MaxCapacity": 2}
    with pytest.raises(ApiError, match="doesn't exist"):
        await api(Count(1)).call("RegisterScalableTarget", bad)
