"""`invoke scale`, `restart` and `abort` against the local cloud, with real containers."""

import pytest

from deploy.errors import ConfigError, LockedError, PreflightError
from deploy.locking import Locking
from tests.integration.cloud.ecs.test_ecs_rollout import traffic
from tests.integration.service.world import Deployed

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


def test_scaled_up_and_down_with_no_failed_request(behind: Deployed) -> None:
    assert behind.balancer
    behind.release(1)
    behind.bounds(1, 3)
    with traffic(behind.balancer.url) as seen:
        up = behind.scale("3")
        assert up.code == 0, up.text
        assert "3 tasks proven to run" in up.finished.summary
        service = behind.world.service()
        assert (service["runningCount"], service["pendingCount"]) == (3, 0)
        assert behind.status()[0] == 0
        down = behind.scale("1")
        assert down.code == 0, down.text
    assert behind.world.service()["runningCount"] == 1
    assert seen.failures == []


def test_outside_the_bounds_it_is_refused_with_the_way_to_do_it(alone: Deployed) -> None:
    alone.release(1)
    alone.bounds(1, 2)
    with pytest.raises(PreflightError, match="3 tasks of app are outside") as refused:
        alone.scale("3")
    assert "invoke scale --service app --count 3 --max 3" in refused.value.remedy
    assert alone.world.service()["desiredCount"] == 1
    done = alone.scale("3", maximum="3")
    assert done.code == 0, done.text
    assert alone.bounded() == (1, 3)
    assert alone.world.service()["runningCount"] == 3


def test_new_bounds_alone_move_the_count_into_them(alone: Deployed) -> None:
    alone.release(1)
    alone.bounds(1, 2)
    done = alone.scale(minimum="2", maximum="4")
    assert done.code == 0, done.text
    assert (alone.bounded(), alone.world.service()["runningCount"]) == ((2, 4), 2)


def test_scaled_to_zero_and_back(alone: Deployed) -> None:
    alone.release(1)
    assert alone.scale("0").code == 0
    assert alone.world.service()["runningCount"] == 0
    with pytest.raises(PreflightError, match="scaled to zero"):
        alone.restart()
    assert alone.scale("1").code == 0


def test_a_plan_writes_nothing_and_what_is_so_already_is_unchanged(alone: Deployed) -> None:
    alone.release(1)
    planned = alone.scale("2", plan_only=True)
    assert (planned.code, planned.finished.outcome) == (0, "planned")
    assert planned.plan == ["more tasks"]
    assert alone.world.service()["desiredCount"] == 1
    assert alone.scale("1").finished.outcome == "unchanged"
    assert alone.restart(plan_only=True).finished.outcome == "planned"
    with pytest.raises(ConfigError, match="no number of tasks"):
        alone.scale("many")


def test_targets_that_are_not_healthy_in_time_end_in_a_time_out(behind: Deployed) -> None:
    behind.release(1)
    done = behind.scale("2", timeout=0.5)
    assert done.code == 6, done.text
    assert "not within 0.5 s" in done.text


def test_restarted_with_no_failed_request(behind: Deployed) -> None:
    assert behind.balancer
    definition = behind.release(2)
    before = {task["taskArn"] for task in behind.world.tasks()}
    with traffic(behind.balancer.url) as seen:
        done = behind.restart()
    assert done.code == 0, done.text
    assert "2 tasks started anew" in done.finished.summary
    tasks = behind.world.tasks()
    assert len(tasks) == 2
    assert not before & {task["taskArn"] for task in tasks}
    assert {task["taskDefinitionArn"] for task in tasks} == {definition}
    assert seen.failures == []


def test_nothing_to_abort(alone: Deployed) -> None:
    alone.release(1)
    done = alone.abort()
    assert (done.code, done.finished.summary) == (0, "nothing to abort")


def test_a_rollout_that_is_aborted_leaves_the_old_release_serving(behind: Deployed) -> None:
    assert behind.balancer
    old = behind.release(1, version="old")
    with traffic(behind.balancer.url) as seen:
        behind.world.update(taskDefinition=behind.revision(version="new", start=40))
        with pytest.raises(PreflightError, match="is being rolled out"):
            behind.restart()
        done = behind.abort()
    assert done.code == 0, done.text
    assert done.finished.outcome == "rolled back"
    service = behind.world.service()
    assert service["taskDefinition"] == old
    assert {task["taskDefinitionArn"] for task in behind.world.tasks()} == {old}
    assert (seen.failures, set(seen.answers)) == ([], {"old"})


def test_a_first_release_that_is_aborted_is_taken_back(alone: Deployed) -> None:
    alone.world.create(alone.revision(start=60), desiredCount=1)
    done = alone.abort()
    assert done.code == 0, done.text
    assert "nothing runs" in done.finished.summary
    service = alone.world.service()
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (0, 0, 0)


def test_a_frozen_environment_is_not_changed_and_what_was_done_is_recorded(alone: Deployed) -> None:
    alone.release(1)
    assert alone.scale("2").code == 0
    assert [(record.kind, record.outcome) for record in alone.records()] == [("scale", "succeeded")]
    person = Locking(alone.config, lambda _: None)
    person.take("release day")
    with pytest.raises(LockedError, match="release day"):
        alone.scale("1")
    with pytest.raises(LockedError, match="release day"):
        alone.restart()
    assert alone.world.service()["runningCount"] == 2
    assert alone.status()[1]["lock"]["reason"] == "release day"
    assert alone.abort().finished.summary == "nothing to abort"  # a frozen rollout can be ended
    person.release()
