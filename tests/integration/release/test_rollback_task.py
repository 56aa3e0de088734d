"""`invoke rollback` reads the past, and refuses what is no more before anything is written."""

from dataclasses import replace

import pytest

from deploy.errors import ConfigError, LockedError, PreflightError
from deploy.locking import Locking
from deploy.release.record import ServiceRecord
from tests.integration.release.past import Past, finished, lines

pytestmark = pytest.mark.ecs


def refusal(past: Past, **options: str) -> PreflightError:
    before = past.world()
    with pytest.raises(PreflightError) as refused:
        past.rollback(**options)
    assert past.world() == before
    return refused.value


def test_back_and_forth_twice_and_each_is_recorded(past: Past) -> None:
    past.live(2)
    for number, options in ((1, {}), (2, {"to": "2222222"}), (1, {}), (2, {"commit": "2123abcd"})):
        before = past.records
        code, events = past.rollback(**options)
        assert code == 0, lines(events)
        assert past.service["taskDefinition"] == past.arns[number]
        (record,) = [each for each in past.records if each not in before]
        assert (record.kind, record.outcome, record.origin[-7:]) == (
            "rollback",
            "succeeded",
            f"{number}" * 7,
        )
        service = record.services["api"]
        assert (service.task_definition, service.before) == (
            past.arns[number],
            past.arns[3 - number],
        )
        assert service.digest == past.digests[number]
    assert past.active == [0, 1, 2]  # nothing was registered


def test_the_plan_names_revision_image_and_what_stays(past: Past) -> None:
    past.live(2)
    before = past.world()
    code, events = past.rollback(plan_only=True)
    assert (code, finished(events).outcome) == (0, "planned")
    told = "\n".join(lines(events))
    assert f"~ service api  as in release 1111111: image {past.digests[1][:19]}" in told
    assert "= site web  stays: no record tells what it ran then" in told
    assert past.world() == before
    assert finished(past.rollback(to="2222222")[1]).outcome == "unchanged"
    assert past.world() == before


def test_a_revision_that_was_deregistered_is_refused(past: Past) -> None:
    past.live(2)
    past.ecs.deregister_task_definition(taskDefinition=past.arns[1])
    error = refusal(past)
    assert f"api: {past.name}:2 is INACTIVE" in error.message
    assert error.remedy == f"give one that is left to --to: {past.records[-1].id}"
    code, _ = past.rollback(to=past.records[-1].id)
    assert (code, past.service["taskDefinition"]) == (0, past.arns[0])


def test_an_image_that_is_gone_is_refused(past: Past) -> None:
    past.live(2)
    for digest in past.digests[:2]:
        ids = [{"imageDigest": digest}]
        past.ecr.batch_delete_image(repositoryName=past.name, imageIds=ids)
    error = refusal(past)
    assert f"{past.name} has image {past.digests[1]} no more" in error.message
    assert "none is left" in error.remedy


def test_a_site_release_that_was_pruned_is_refused(past: Past) -> None:
    past.with_site(0, "20261122T081512Z-aaaaaaa")
    past.with_site(1, "20261122T091512Z-bbbbbbb")
    past.serves("20261122T091512Z-bbbbbbb")
    past.runs(1)
    past.settled()
    error = refusal(past)
    assert "release 20261122T081512Z-aaaaaaa of site web was pruned" in error.message
    code, events = past.rollback(only=("api",))
    assert code == 0, lines(events)
    assert past.service["taskDefinition"] == past.arns[0]


def test_a_service_that_is_no_more_is_refused_unless_it_is_left_out(past: Past) -> None:
    past.live(1)
    past.record(
        0,
        services={
            "api": ServiceRecord(past.arns[0], outcome="succeeded"),
            "worker": ServiceRecord(past.arns[0], outcome="succeeded"),
        },
        id=past.records[-1].id,
    )
    error = refusal(past)
    assert "ran worker, which is no more" in error.message
    assert "`--only api,web` leaves it out" in error.remedy
    assert past.rollback(only=("api", "web"))[0] == 0


def test_nothing_to_return_to_is_refused(past: Past) -> None:
    past.live(0)
    assert "no release to return to" in refusal(past).message
    assert "there is no release nothing" in refusal(past, to="nothing").message
    with pytest.raises(ConfigError, match="a release each"):
        past.rollback(to="1", commit="2")
    with pytest.raises(ConfigError, match="no service or site other"):
        past.rollback(only=("other",))


def test_while_another_holds_the_environment_nothing_is_written(past: Past) -> None:
    past.live(2)
    Locking(past.config, lambda _event: None).take("a freeze")
    before = past.world()
    with pytest.raises(LockedError, match="a freeze"):
        past.rollback()
    assert past.world() == before


def test_what_a_hand_changed_goes_back_to_the_newest_release(past: Past) -> None:
    past.live(2)
    past.arns.append(past.register())
    past.runs(3)
    past.settled()
    assert past.rollback()[0] == 0
    assert past.service["taskDefinition"] == past.arns[2]


def test_a_rollback_that_ecs_rolled_back_is_no_way_back(past: Past) -> None:
    past.live(2)
    newest = past.records[0]
    failed = replace(newest, outcome="rolled back")
    past.record(2, "rolled back", id=failed.id)
    past.runs(1)
    past.settled()
    assert past.rollback()[0] == 0
    assert past.service["taskDefinition"] == past.arns[0]
