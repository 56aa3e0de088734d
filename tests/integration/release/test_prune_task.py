"""`invoke prune` takes what nobody needs, stops anywhere without harm, and never what runs."""

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from deploy.errors import LockedError, ShipwayError
from deploy.locking import Locking
from deploy.release.record import key_of, new_id, serialize
from tests.integration.release.past import Past, finished, lines
from tests.integration.site.faulty_cloud import Fault, FaultyCloud

pytestmark = pytest.mark.ecs


def test_the_plan_counts_and_writes_nothing(past: Past) -> None:
    past.live(2)
    before = past.world()
    code, events = past.prune(keep=1, plan_only=True)
    assert (code, finished(events).summary) == (0, "nothing was written")
    told = lines(events)
    assert "- revisions  2 that no kept release ran" in told
    assert any(line.startswith("- images  2 that no kept revision names") for line in told)
    assert f"- {past.name}:1  " in told
    assert "= kept revisions  1: 1 run" in told
    assert past.world() == before


def test_what_no_kept_release_needs_goes_once(past: Past) -> None:
    past.live(2)
    code, events = past.prune(keep=2)
    assert (code, finished(events).summary) == (0, "1 revision, 1 image")
    assert past.active == [1, 2]
    assert past.images == set(past.digests[1:])
    before = past.world()
    code, events = past.prune(keep=2)
    assert (code, finished(events).outcome) == (0, "unchanged")
    assert past.world() == before
    assert past.rollback()[0] == 0  # the way back is there


def test_what_runs_stays_although_no_record_knows_it(past: Past) -> None:
    past.record(2)
    past.runs(0)
    past.settled()
    assert past.prune(keep=1)[0] == 0
    assert past.active == [0, 2]
    assert past.images == {past.digests[0], past.digests[2]}


def test_what_is_being_rolled_out_and_what_it_would_go_back_to_stay(past: Past) -> None:
    past.runs(1)
    past.settled()
    past.ecs.update_service(
        cluster=past.name, service="api", taskDefinition=past.arns[0], desiredCount=1
    )
    past.arns.append(past.register())
    assert past.prune(keep=1)[0] == 0
    assert past.active == [0, 1, 3]  # 3 is the newest


def test_the_manifests_of_an_index_that_is_kept_stay(past: Past) -> None:
    part, other = past.image(), past.image()
    index = past.image(manifests=[{"digest": part, "mediaType": "m", "size": 1}])
    past.digests[-3:] = []
    register = past.image
    past.image = lambda **_manifest: index  # type: ignore[method-assign]
    past.arns.append(past.register())
    past.image = register  # type: ignore[method-assign]
    past.live(2)
    assert past.prune(keep=1)[0] == 0
    assert {index, part} <= past.images
    assert other not in past.images


def test_images_that_shipway_did_not_tag_stay(past: Past) -> None:
    past.live(2)
    past.ecr.put_image(
        repositoryName=past.name, imageManifest='{"schemaVersion": 2, "n": "v"}', imageTag="v1"
    )
    assert past.prune(keep=1)[0] == 0
    assert len(past.images) == 2


def test_old_records_go_and_the_newest_hundred_stay(past: Past) -> None:
    past.live(2)
    newest = past.records[0]
    for number in range(101):
        release = new_id(1_600_000_000.0 + number, f"{number:07x}")
        body = serialize(type(newest)(release, "deploy", "local", "ada", "laptop", 1.0))
        past.objects.write(key_of(release), body, "application/json")
    code, events = past.prune(keep=3)
    assert (code, finished(events).summary) == (0, "4 records")
    assert len(past.records) == 100
    assert past.records[0].id == newest.id


def test_while_another_holds_the_environment_nothing_goes(past: Past) -> None:
    past.live(2)
    Locking(past.config, lambda _event: None).take("a freeze")
    before = past.world()
    with pytest.raises(LockedError, match="a freeze"):
        past.prune(keep=1)
    assert past.world() == before


def test_wherever_it_breaks_each_revision_left_has_its_image_and_a_rerun_takes_the_rest(
    past: Past, proxy: FaultyCloud
) -> None:
    past.live(2)
    config, seen, calls, done = past.config_at(proxy.endpoint), [(3, 3)], 10, False
    while not done:
        proxy.faults = [Fault("OTHER", "403", key=".*", after=calls, times=1000)]
        with suppress(ShipwayError, ClientError):
            done = past.prune(config, keep=1)[0] == 0
        assert past.active[-1] == 2
        assert {past.digests[number] for number in past.active} <= past.images
        seen.append((len(past.active), len(past.images)))
        calls += 1 if seen[-1] == seen[-2] else -8  # what is gone needs no looking at
    assert list(dict.fromkeys(seen)) == [(3, 3), (2, 3), (1, 3), (1, 1)]
    assert past.images == {past.digests[2]}
