"""Twenty services of one image: one build, one plan, one rollout beside the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Project, free_ports
from tests.e2e.traffic import Traffic

ROOT = Path(__file__).parents[2]
NAMES = [f"s{number:02}" for number in range(20)]
TIMES = 3  # so much longer than one service may twenty take

PROJECT = """
[project]
name = "many"

[environments.local]
endpoint = "http://localhost:{port}"
port = {listener}
"""
SERVICE = """
[services.{name}]
{image}
port = {port}
cpu = 256
memory = 512
start_period = {start_period}
after = [{after}]
environment = {{ {environment} }}
"""
OWN = 'context = "tests/apps/probe"\nbuild.args = { PYTHON_IMAGE = "${PYTHON_IMAGE:-}" }'
START_PERIOD = 20  # seconds: here all twenty start on one machine


class Many(Project):
    """A project of twenty services that run the image of the first."""

    def write(self, version: str, **broken: str) -> None:
        """Write deploy.toml for a release `version`; `broken` maps services to variables."""
        base = PROJECT.format(port=self.port, listener=self.listener)
        parts = [self._service(n, name, version, broken) for n, name in enumerate(NAMES)]
        (self.root / "deploy.toml").write_text(base + "".join(parts))

    @staticmethod
    def _service(number: int, name: str, version: str, broken: dict[str, str]) -> str:
        port = 9000 + number
        pairs = [f'PROBE_PORT = "{port}"', f'PROBE_VERSION = "{version}"', broken.get(name, "")]
        return SERVICE.format(
            name=name,
            image=OWN if number == 0 else f'image = "{NAMES[0]}"',
            port=port,
            start_period=START_PERIOD,
            after='"s05"' if name == "s06" else "",
            environment=", ".join(filter(None, pairs)),
        )


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


def test_twenty_take_less_than_three_times_as_long_as_one(many: Many) -> None:
    many.write("one")
    one = many.invoke("deploy", "--only", "s00")
    assert one.code == 0, one.out
    many.write("all")
    every = many.invoke("deploy", timeout=600)
    assert every.code == 0, every.out
    assert "20 succeeded" in every.out
    assert every.out.count("proven to run sha256:") == len(NAMES)
    assert every.seconds < TIMES * one.seconds


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
