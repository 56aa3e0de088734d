"""`invoke rollback` of a service with real containers: followed and proven as a rollout is."""

import time
from typing import Any

import pytest

from deploy.objects import Objects
from deploy.release import archive
from deploy.release.record import Record, ServiceRecord, key_of, new_id, serialize
from deploy.rollback import RollbackOptions, rollback
from tests.integration.cloud.ecs.test_ecs_rollout import traffic
from tests.integration.release.contender import http_at
from tests.integration.service.world import Deployed, Ended

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


def records(deployed: Deployed) -> Objects:
    return Objects(http_at(deployed.cloud.endpoint), deployed.project)


def recorded(deployed: Deployed, *arns: str) -> list[str]:
    """Record releases of these revisions, an hour apart and the last an hour ago."""
    found = []
    for place, arn in enumerate(arns):
        started = time.time() - 3600 * (len(arns) - place)
        part = ServiceRecord(arn, before=arns[place - 1] if place else "", outcome="succeeded")
        record = Record(
            new_id(started, f"{place}" * 7),
            "deploy",
            "local",
            "ada",
            "laptop",
            started,
            services={"app": part},
            outcome="succeeded",
        )
        records(deployed).write(key_of(record.id), serialize(record), "application/json")
        found.append(record.id)
    return found


def go_back(deployed: Deployed, **options: Any) -> Ended:
    events: list[Any] = []
    options = {"timeout": 90, **options}
    return Ended(rollback(deployed.config, RollbackOptions(**options), events.append), events)


def test_no_request_fails_on_the_way_back_and_forth(behind: Deployed) -> None:
    assert behind.balancer
    old = behind.release(1, version="old")
    new = behind.revision(version="new")
    behind.world.update(taskDefinition=new)
    behind.world.completed()
    recorded(behind, old, new)
    with traffic(behind.balancer.url) as seen:
        done = go_back(behind)
        assert done.code == 0, done.text
        assert "1 task proven to run sha256:" in done.finished.summary
        assert {task["taskDefinitionArn"] for task in behind.world.tasks()} == {old}
        done = go_back(behind, to="1111111")
        assert done.code == 0, done.text
    assert {task["taskDefinitionArn"] for task in behind.world.tasks()} == {new}
    assert (seen.failures, set(seen.answers)) == ([], {"old", "new"})


def test_a_revision_that_no_longer_starts_is_rolled_back(alone: Deployed) -> None:
    good = alone.release(1, version="good")
    recorded(alone, alone.revision(exit=3), good)
    done = go_back(alone)
    assert done.code == 4, done.text
    assert done.finished.outcome == "rolled back"
    assert alone.world.service()["taskDefinition"] == good
    (record, *_) = archive.read(records(alone)).records
    assert (record.kind, record.outcome) == ("rollback", "rolled back")
    assert record.services["app"].outcome == "rolled back"
    done = go_back(alone, plan_only=True)  # it is as before
    assert any("image sha256:" in reason for reason in done.plan)


def test_what_takes_too_long_is_followed_by_the_command_that_is_told(alone: Deployed) -> None:
    old = alone.release(1, version="old")
    new = alone.revision(version="new")
    alone.world.update(taskDefinition=new)
    alone.world.completed()
    first, _ = recorded(alone, old, new)
    done = go_back(alone, timeout=0.1)
    assert done.code == 6, done.text
    assert f"invoke rollback --to {first} --env local" in done.finished.next_step
    done = go_back(alone, to=first)
    assert done.code == 0, done.text
    assert {task["taskDefinitionArn"] for task in alone.world.tasks()} == {old}
