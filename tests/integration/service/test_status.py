"""`invoke status` against the local cloud: what it says of services that do well, and of others."""

import pytest

from tests.integration.local_cloud import eventually
from tests.integration.service.world import Deployed

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


def test_a_service_that_does_well(behind: Deployed) -> None:
    definition = behind.release(2)
    behind.bounds(1, 4)
    code, found = behind.status()
    service = found["services"]["app"]
    assert (code, found["problems"]) == (0, [])
    assert (service["desired"], service["running"], service["pending"]) == (2, 2, 0)
    assert service["release"] == {
        "revision": definition.rpartition("/")[2],
        "digest": behind.world.image.partition("@")[2],
        "source_tag": "src-0123456789abcdef",
        "commit": "3f9a1c2d",
        "bootstrap": False,
    }
    assert [target["state"] for target in service["targets"]] == ["healthy", "healthy"]
    assert service["bounds"] == {"minimum": 1, "maximum": 4}
    assert service["rollouts"] == []
    assert 1 <= len(service["events"]) <= 5
    assert found["alarms"] == []
    assert found["lock"] is None


def test_a_rollout_is_shown_while_it_lasts(alone: Deployed) -> None:
    old = alone.release()
    new = alone.revision(start=30)
    alone.world.update(taskDefinition=new)
    code, found = alone.status()
    rollouts = found["services"]["app"]["rollouts"]
    assert [(each["definition"], each["rollout"]) for each in rollouts] == [
        (new, "IN_PROGRESS"),
        (old, "COMPLETED"),
    ]
    assert code == 0


def test_an_unhealthy_target_is_named_with_its_reason(behind: Deployed) -> None:
    behind.release()
    # It answers until it was deployed; from then on its health check fails.
    behind.world.update(taskDefinition=behind.revision(health=500))

    def unhealthy() -> str:
        code, found = behind.status()
        return "; ".join(found["problems"]) if code else ""

    said = eventually(unhealthy, 60)
    assert "targets unhealthy" in said or "failed" in said


def test_a_service_that_nobody_has_is_a_problem(alone: Deployed) -> None:
    code, found = alone.status()
    assert code == 1
    assert found["problems"] == ["app: the service is MISSING"]
