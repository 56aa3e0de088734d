"""What can be taken away; and that nothing that runs, or that is kept, ever can."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from deploy.release.record import Record, ServiceRecord, SiteRecord
from deploy.release.spare import (
    RECORDS,
    Revision,
    Spare,
    StoredImage,
    World,
    needed,
    releases_to_keep,
    spare,
)

REPOSITORY = "demo-api"
FAMILIES = ("api", "worker")


def arn(family: str, number: int) -> str:
    return f"arn:task-definition/{family}:{number}"


def revision(number: int, digest: str = "", *, family: str = "api", **more: bool) -> Revision:
    images = frozenset({(REPOSITORY, digest or f"sha256:{number}")})
    return Revision(arn(family, number), family, number, images, **more)


def record(number: int, outcome: str = "succeeded", **services: int) -> Record:
    parts = {
        name: ServiceRecord(arn(name, given), before=arn(name, given - 1), outcome=outcome)
        for name, given in services.items()
    }
    release = f"{20260000 + number // 100:08}T0815{number % 100:02}Z-{number:07x}"
    return Record(
        release, "deploy", "local", "ada", "laptop", float(number), services=parts, outcome=outcome
    )


def image(number: int, *tags: str, children: tuple[str, ...] = ()) -> StoredImage:
    return StoredImage(REPOSITORY, f"sha256:{number}", tags or (f"src-{number}",), 1000, children)


def world(count: int, *, running: int) -> World:
    """A service that was released `count` times."""
    return World(
        tuple(record(number, api=number) for number in range(count, 0, -1)),
        tuple(revision(number) for number in range(1, count + 1)),
        tuple(image(number) for number in range(1, count + 1)),
        running=frozenset({arn("api", running)}),
    )


def names(found: Spare) -> list[str]:
    return [each.name for each in found.revisions]


def digests(found: Spare) -> list[str]:
    return [each.digest for each in found.images]


def test_the_last_releases_and_what_runs_stay() -> None:
    found = spare(world(6, running=2), keep=2)
    assert names(found) == ["api:1", "api:3", "api:4"]
    assert digests(found) == ["sha256:1", "sha256:3", "sha256:4"]
    assert found.records == ()
    stays = {line.subject: line.reason for line in found.changes if line.sign == "="}
    assert stays["kept revisions"] == "3: 1 run, 2 of kept releases"
    gone = {line.subject: line.reason for line in found.changes if line.sign == "-"}
    assert gone["revisions"] == "3 that no kept release ran"


def test_a_release_that_failed_is_none_of_those_that_are_kept() -> None:
    base = world(4, running=3)
    records = (replace(base.records[0], outcome="rolled back"), *base.records[1:])
    failed = replace(
        records[0],
        services={"api": ServiceRecord(arn("api", 4), before=arn("api", 3), outcome="rolled back")},
    )
    found = spare(replace(base, records=(failed, *records[1:])), keep=2)
    assert names(found) == ["api:1"]  # 4 is the newest, 3 and 2 succeeded


def test_what_another_half_ran_then_stays_too() -> None:
    """Under the newest release the worker ran what a release long ago gave it."""
    base = world(6, running=6)
    old = record(1, worker=7, api=1)
    workers = (revision(7, family="worker"), revision(8, family="worker"))
    records = (*base.records[:-1], old)
    found = spare(replace(base, records=records, revisions=base.revisions + workers), keep=1)
    assert "worker:7" not in names(found)
    assert names(found) == ["api:1", "api:2", "api:3", "api:4", "api:5"]


def test_terraforms_revision_and_what_is_not_of_deploy_toml_stays() -> None:
    base = world(4, running=4)
    foreign = tuple(replace(each, ours=each.number != 1) for each in base.revisions)
    assert names(spare(replace(base, revisions=foreign), keep=1)) == ["api:2", "api:3"]


def test_an_image_that_a_kept_revision_names_keeps_its_parts() -> None:
    base = world(3, running=3)
    index = image(3, children=("sha256:30", "sha256:31"))
    parts = tuple(StoredImage(REPOSITORY, f"sha256:{n}") for n in (20, 30, 31))
    old = image(2, children=("sha256:20",))
    images = (image(1), old, index, *parts)
    assert digests(spare(replace(base, images=images), keep=1)) == [
        "sha256:1",
        "sha256:2",
        "sha256:20",
    ]
    shared = image(2, children=("sha256:30",))
    images = (image(1), shared, index, *parts[1:])
    assert digests(spare(replace(base, images=images), keep=1)) == ["sha256:1", "sha256:2"]


def test_images_under_tags_of_somebody_elses_and_those_that_run_stay() -> None:
    base = world(3, running=3)
    theirs = image(8, "src-8", "v1.0", children=("sha256:80",))
    images = (*base.images, theirs, StoredImage(REPOSITORY, "sha256:80"), image(9))
    found = spare(replace(base, images=images, digests=frozenset({"sha256:9"})), keep=1)
    assert digests(found) == ["sha256:1", "sha256:2"]


def test_old_records_go_unless_they_tell_of_what_is_kept() -> None:
    base = world(RECORDS + 5, running=RECORDS + 5)
    first = replace(base.records[-1], sites={"web": SiteRecord("t1-c1", "", "succeeded")})
    found = spare(replace(base, records=(*base.records[:-1], first)), keep=10)
    assert found.records == tuple(each.id for each in base.records[RECORDS:-1])


def test_only_what_was_approved_is_taken() -> None:
    approved = spare(world(5, running=5), keep=2)
    moved = spare(world(7, running=1), keep=2)
    assert names(moved.within(approved)) == ["api:2", "api:3"]
    assert digests(moved.within(approved)) == ["sha256:2", "sha256:3"]


def test_a_site_keeps_as_many_releases_as_hold_what_is_needed() -> None:
    ids = ("t1-a", "t2-b", "t3-c", "t4-b", "t5-d")
    assert releases_to_keep(ids, ["t5-d"], 3) == 3
    assert releases_to_keep(ids, ["t1-a", "t5-d"], 3) == 5
    assert releases_to_keep(ids, ["t2-b"], 1) == 2  # its content is in a newer one
    assert releases_to_keep(ids, ["", "t0-z"], 2) == 2
    assert releases_to_keep((), [], 3) == 3


DIGESTS = st.integers(1, 9).map(lambda number: f"sha256:{number}")
OUTCOMES = st.sampled_from(["succeeded", "rolled back", "failed", "", "cut off"])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    numbers = {family: draw(st.sets(st.integers(1, 9))) for family in FAMILIES}
    revisions = tuple(
        Revision(
            arn(family, number),
            family,
            number,
            frozenset((REPOSITORY, each) for each in draw(st.sets(DIGESTS, max_size=2))),
            ours=draw(st.booleans()),
        )
        for family, known in numbers.items()
        for number in sorted(known)
    )
    records = tuple(
        record(
            number,
            draw(OUTCOMES),
            **draw(st.dictionaries(st.sampled_from(FAMILIES), st.integers(1, 9))),
        )
        for number in range(draw(st.integers(0, 6)), 0, -1)
    )
    images = tuple(
        StoredImage(REPOSITORY, digest, children=tuple(sorted(draw(st.sets(DIGESTS, max_size=2)))))
        for digest in sorted(draw(st.sets(DIGESTS)))
    )
    arns = [each.arn for each in revisions]
    running = draw(st.frozensets(st.sampled_from(arns))) if arns else frozenset()
    return World(records, revisions, images, running, draw(st.frozensets(DIGESTS, max_size=2)))


@given(worlds(), st.integers(1, 4))
def test_nothing_that_runs_or_is_kept_can_be_taken(world: World, keep: int) -> None:
    found = spare(world, keep)
    taken = {each.arn for each in found.revisions}
    wanted = {one for state in needed(world.records, keep) for one in state.services.values()}
    assert not taken & (world.running | wanted)
    left = [each for each in world.revisions if each.arn not in taken]
    assert {each.family for each in left} == {each.family for each in world.revisions}
    used = {image for each in left for image in each.images}
    used |= {(REPOSITORY, digest) for digest in world.digests}
    children = {each.id: each.children for each in world.images}
    for _ in world.images:
        used |= {(REPOSITORY, child) for one in used for child in children.get(one, ())}
    assert not {each.id for each in found.images} & used


@given(worlds(), st.integers(1, 4), st.data())
def test_the_next_run_takes_the_rest_and_then_nothing(
    world: World, keep: int, data: st.DataObject
) -> None:
    found = spare(world, keep)
    done = data.draw(st.integers(0, len(found.revisions)))
    halfway = replace(
        world, revisions=tuple(e for e in world.revisions if e not in found.revisions[:done])
    )
    rest = spare(halfway, keep)
    assert rest.revisions == found.revisions[done:]
    assert rest.images == found.images
    whole = replace(
        world,
        revisions=tuple(each for each in world.revisions if each not in found.revisions),
        images=tuple(each for each in world.images if each not in found.images),
        records=tuple(each for each in world.records if each.id not in found.records),
    )
    assert not spare(whole, keep).changed
