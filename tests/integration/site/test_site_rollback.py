"""The way back, and what is taken away because nobody may want to return to it."""

import gzip
import json

import pytest

from deploy.config.model import Site
from deploy.errors import PreflightError, ShipwayError
from deploy.outcome import Outcome
from deploy.site import archive
from deploy.site.publish import Published
from tests.integration.site.faulty_cloud import Fault, FaultyCloud
from tests.integration.site.world import World

pytestmark = pytest.mark.ecs  # CloudFront


def id_of(published: Published) -> str:
    assert published.release
    return published.release.id


@pytest.fixture
def three(world: World) -> tuple[World, list[str]]:
    """A site with the releases "one" (with a page of its own), "two" and "three"."""
    ids = []
    for version in ("one", "two", "three"):
        more = {"old.html": "<title>old</title>"} if version == "one" else {}
        more |= {"new.html": "<title>new</title>"} if version == "three" else {}
        world.release(version, more=more)
        ids.append(id_of(world.deployer().deploy()))
    return world, ids


def test_rollback_returns_to_the_release_before(three: tuple[World, list[str]]) -> None:
    world, ids = three
    published = world.deployer().rollback()
    assert published.outcome is Outcome.SUCCEEDED
    assert published.release
    assert published.release.origin == ids[1]
    assert world.whole() == world.whole("page1.html") == "two"
    assert world.body("config.json") == '{"version": "two"}'
    assert "new.html" not in world.objects()
    assert {"/index.html", "/new.html"} <= set(published.pending)
    head = world.s3.head_object(Bucket=world.bucket, Key="index.html")
    assert (head["ContentType"], head["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")


def test_rollback_twice_in_a_row_returns_to_the_one_before_that(
    three: tuple[World, list[str]],
) -> None:
    world, _ = three
    world.deployer().rollback()
    world.deployer().rollback()
    assert world.whole() == "one"
    assert world.body("old.html") == "<title>old</title>"
    with pytest.raises(PreflightError):
        world.deployer().rollback()


def test_rollback_to_a_named_release_and_forth_again(three: tuple[World, list[str]]) -> None:
    world, ids = three
    world.deployer().rollback(to=ids[0])
    assert world.whole() == "one"
    world.deployer().rollback(to=ids[2])
    assert world.whole() == "three"
    assert world.body("new.html") == "<title>new</title>"
    assert "old.html" not in world.objects()


def test_a_tab_of_the_release_that_was_left_keeps_working(
    three: tuple[World, list[str]],
) -> None:
    world, _ = three
    page = world.body("index.html")
    world.deployer().rollback()
    world.s3.put_object(Bucket=world.bucket, Key="tab.html", Body=page.encode())
    assert world.whole("tab.html") == "three"


def test_rollback_copies_and_uploads_nothing(
    three: tuple[World, list[str]], proxy: FaultyCloud
) -> None:
    world, _ = three
    world.deployer(proxy.endpoint).rollback()
    assert proxy.keys("PUT") == []
    assert proxy.keys("COPY") == ["config.json", "index.html", "page1.html"]


def test_rollback_brings_back_a_hashed_file_that_was_deleted(
    three: tuple[World, list[str]],
) -> None:
    world, ids = three
    with archive.opened(world.deployer().bucket, ids[1]) as (_, entries):
        asset = next(e.file.key for e in entries if e.file.kind == "immutable")
    world.s3.delete_object(Bucket=world.bucket, Key=asset)
    world.deployer().rollback()
    assert world.whole() == "two"


def test_a_rollback_that_breaks_is_finished_by_another(
    three: tuple[World, list[str]], proxy: FaultyCloud
) -> None:
    world, ids = three
    proxy.faults = [Fault("COPY", "403", key="index.html", times=10)]
    with pytest.raises(ShipwayError):
        world.deployer(proxy.endpoint).rollback(to=ids[0])
    assert world.whole() == "three"
    assert world.deployer().rollback(to=ids[0]).outcome is Outcome.SUCCEEDED
    assert world.whole() == world.whole("page1.html") == "one"


def test_rollback_after_a_broken_deploy_returns_to_what_was_live(
    three: tuple[World, list[str]], proxy: FaultyCloud
) -> None:
    world, ids = three
    world.release("four")
    proxy.faults = [Fault("PUT", "403", key="index.html", times=10)]
    with pytest.raises(ShipwayError):
        world.deployer(proxy.endpoint).deploy()
    assert world.body("config.json") == '{"version": "four"}'
    published = world.deployer().rollback()
    assert published.release
    assert published.release.origin == ids[2]
    assert world.whole() == world.whole("page1.html") == "three"
    assert world.body("config.json") == '{"version": "three"}'


def test_a_deploy_after_a_rollback_finds_its_assets(
    three: tuple[World, list[str]], proxy: FaultyCloud
) -> None:
    world, _ = three
    world.deployer().rollback()
    assert world.deployer(proxy.endpoint).deploy().outcome is Outcome.SUCCEEDED
    assert proxy.keys("PUT") == ["config.json", "index.html", "new.html", "page1.html"]
    assert world.whole() == "three"


def test_rollback_to_what_is_not_there_names_what_is(three: tuple[World, list[str]]) -> None:
    world, ids = three
    with pytest.raises(PreflightError) as caught:
        world.deployer().rollback(to="20200101T000000Z-0000000")
    told = "\n".join((caught.value.message, *caught.value.details, caught.value.remedy))
    assert ids[0] in told
    assert ids[1] in told


def test_rollback_to_a_release_with_a_version_gone_is_refused_before_a_write(
    three: tuple[World, list[str]],
) -> None:
    world, ids = three
    with archive.opened(world.deployer().bucket, ids[0]) as (_, entries):
        version = next(e.version for e in entries if e.file.key == "page1.html")
    world.s3.delete_object(Bucket=world.bucket, Key="page1.html", VersionId=version)
    before = world.pointer
    with pytest.raises(PreflightError) as caught:
        world.deployer().rollback(to=ids[0])
    told = "\n".join((caught.value.message, *caught.value.details, caught.value.remedy))
    assert "page1.html" in told
    assert ids[1] in told
    assert world.pointer == before
    assert world.whole() == "three"


def test_rollback_before_the_first_deploy_is_refused(world: World) -> None:
    with pytest.raises(PreflightError, match="nothing was ever published"):
        world.deployer().rollback()


def releases(world: World) -> dict[str, list[tuple[str, str]]]:
    """Return what is in the bucket: each release's keys and versions."""
    found = {}
    pages = world.s3.get_paginator("list_objects_v2").paginate(
        Bucket=world.bucket, Prefix=".shipway/releases/"
    )
    for item in (item for page in pages for item in page["Contents"]):
        packed = world.s3.get_object(Bucket=world.bucket, Key=item["Key"])["Body"].read()
        head, *_ = gzip.decompress(packed).splitlines()
        with archive.opened(world.deployer().bucket, name_of(head)) as (_, entries):
            found[name_of(head)] = [(entry.file.key, entry.version) for entry in entries]
    return found


def name_of(head: bytes) -> str:
    found = json.dumps(json.loads(head))
    return found.partition('"id": "')[2].partition('"')[0]


def short(site: Site) -> Site:
    return site._replace(keep_releases=2, keep_days=0)


def versions(world: World) -> set[tuple[str, str]]:
    pages = world.s3.get_paginator("list_object_versions").paginate(Bucket=world.bucket)
    return {
        (item["Key"], item["VersionId"])
        for page in pages
        for item in page.get("Versions", ())
        if not item["Key"].startswith(".shipway/")
    }


def test_prune_takes_what_no_kept_release_needs_and_nothing_else(world: World) -> None:
    ids = []
    for number in range(5):
        world.release(f"version {number}", more={"shared.css": "body {}"})
        ids.append(id_of(world.deployer(site=short(world.site)).deploy()))
        assert world.whole() == world.whole("page1.html") == f"version {number}"
    left = releases(world)
    assert sorted(left) == ids[3:]
    assert versions(world) == {pair for pairs in left.values() for pair in pairs}
    world.deployer(site=short(world.site)).rollback()
    assert world.whole() == "version 3"
    with pytest.raises(PreflightError):
        world.deployer(site=short(world.site)).rollback(to=ids[0])


def test_prune_waits_for_the_days_that_old_tabs_are_given(world: World) -> None:
    site = world.site._replace(keep_releases=1, keep_days=7)
    for number in range(3):
        world.release(f"version {number}")
        world.deployer(site=site).deploy()
    before = versions(world)
    assert world.deployer(site=site).prune() == 0
    assert versions(world) == before
    later = world.deployer(site=site, ahead=8 * 86400.0)
    assert later.prune() > 0
    assert len(releases(world)) == 1
    assert world.whole() == "version 2"


def test_prune_leaves_a_returning_asset_alone(world: World) -> None:
    """Its only version is of a release that expires, and of the live one again."""
    site = short(world.site)
    for text in ("same", "other", "same", "same"):
        world.release("x", assets=0, pages=1)
        name = world.asset(text)
        world.write("index.html", f'<title>{text}</title><script src="/{name}"></script>')
        world.write("config.json", text + str(len(world.events)))
        world.deployer(site=site).deploy()
    assert world.whole() == "same"


def test_what_was_pruned_after_a_plan_was_made_is_noticed(world: World) -> None:
    """The plan counted on an asset that only the expired release had."""
    world.release("one")
    world.deployer().deploy()
    world.release("two")
    world.deployer().deploy()
    world.release("one")
    slow = world.deployer()
    plan = slow.survey()
    assert len(plan.kept_unknown) == 6
    site = world.site._replace(keep_releases=1, keep_days=0)
    assert world.deployer(site=site).prune() > 0
    assert slow.publish(plan, slow.upload(plan)).outcome is Outcome.SUPERSEDED
    assert world.whole() == "two"
    assert world.deployer().deploy().outcome is Outcome.SUCCEEDED
    assert world.whole() == "one"


def test_a_prune_that_fails_is_a_warning(world: World, proxy: FaultyCloud) -> None:
    proxy.faults = [Fault("DELETE", "403", key=".*", times=10)]
    for version in ("one", "two", "three"):
        world.release(version)
        world.deployer(proxy.endpoint, site=short(world.site)).deploy()
    assert "were not taken away" in world.warnings[-1]
    assert world.whole() == "three"
    assert world.deployer(site=short(world.site)).prune() > 0
    assert len(releases(world)) == 2


def test_nothing_to_prune_writes_nothing(
    three: tuple[World, list[str]], proxy: FaultyCloud
) -> None:
    world, _ = three
    assert world.deployer(proxy.endpoint).prune() == 0
    assert proxy.count() == {"GET": 1, "LIST": 1}
