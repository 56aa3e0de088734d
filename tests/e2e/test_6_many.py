"""Twenty services of one image: one build, one plan, one rollout beside the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.many import NAMES, Many
from tests.e2e.project import free_ports
from tests.e2e.traffic import Traffic

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """The project with its infrastructure and a first release of all services."""
    made = Many(tmp_path_factory.mktemp("many"), ROOT, free_ports())
    made.write("first")
    try:
        for command in (("cloud.up",), ("infra.apply",)):
            ran = made.invoke(*command, timeout=600)
            assert ran.code == 0, ran.out
        ran = made.invoke("deploy", timeout=600)
        assert ran.code == 0, ran.out
        yield made
    finally:
        made.invoke("cloud.down")
        left = made.containers()
        assert not left, f"cloud.down left containers: {left}"


def test_one_image_is_built_once_and_every_service_runs_it(many: Many) -> None:
    target, ecs, ecr = many.target(), many.client("ecs"), many.client("ecr")
    assert len({place["repository"] for place in target["services"].values()}) == 1
    (repository,) = ecr.describe_repositories()["repositories"]
    (image,) = ecr.describe_images(repositoryName=repository["repositoryName"])["imageDetails"]
    arns = ecs.list_tasks(cluster=target["cluster"])["taskArns"]
    tasks = ecs.describe_tasks(cluster=target["cluster"], tasks=arns)["tasks"]
    digests = [container["imageDigest"] for task in tasks for container in task["containers"]]
    assert digests == [image["imageDigest"]] * len(NAMES)


def test_only_what_was_named_is_deployed(many: Many) -> None:
    many.write("named")
    before = many.written()["deployments"]
    ran = many.invoke("deploy", "--only", "s01,s02", "--except", "s02")
    assert ran.code == 0, ran.out
    after = many.written()["deployments"]
    assert [name for name in NAMES if before[name] != after[name]] == ["s01"]
    unknown = many.invoke("deploy", "--only", "s01,s99")
    assert unknown.code == 2
    assert "no service or site s99" in unknown.out


def test_twenty_at_once_are_all_proven(many: Many) -> None:
    many.write("all")
    every = many.invoke("deploy", timeout=600)
    assert every.code == 0, every.out
    assert "20 succeeded" in every.out
    assert every.out.count("proven to run sha256:") == len(NAMES)


def test_one_that_breaks_is_rolled_back_and_the_others_go_on(many: Many) -> None:
    many.write("broken", s05='PROBE_EXIT = "3"')
    with Traffic(f"{many.url}/s05/") as traffic:
        ran = many.invoke("deploy", timeout=600)
    assert ran.code == 4, ran.out
    assert "18 succeeded, 1 rolled back, 1 not started" in ran.out
    assert "s05: the rollout was rolled back" in ran.out
    assert "exited with code 3" in ran.out
    assert "not started: s05 failed" in ran.out
    assert not traffic.failures
    many.write("broken")
    again = many.invoke("deploy")
    assert again.code == 0, again.out
    assert "2 succeeded" in again.out
    assert "18 unchanged" in again.out
