"""One local cloud for the whole run, or the one that SHIPWAY_CLOUD_ENDPOINT names; the probe in its
registry, and a cluster for every test that asks for one.
"""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
import docker.errors
import pytest

from scripts.machine import base_image
from tests.integration.cloud.ecs.world import World
from tests.integration.local_cloud import Cloud, local_cloud

PROBE = Path(__file__).parents[1] / "apps" / "probe"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The cloud under test. Its log is printed at the end, and so shown with a failure."""
    os.environ.pop("AWS_ENDPOINT_URL", None)  # localstack-client would prefer it
    endpoint = os.environ.get("SHIPWAY_CLOUD_ENDPOINT")
    if endpoint:
        yield Cloud(endpoint)
        return
    with local_cloud(tmp_path_factory.mktemp("cloud") / "localcloud.log") as started:
        yield started


@pytest.fixture(scope="session")
def probe_image(cloud: Cloud) -> Iterator[str]:
    """Build the probe, push it, and give its reference by digest."""
    base, _ = base_image.prepare(base_image.BACKEND, os.environ.get("PYTHON_IMAGE"))
    name = f"{cloud.registry}/probe"
    cloud.client("ecr").create_repository(repositoryName="probe")
    with closing(docker.from_env(timeout=120)) as engine:
        engine.images.build(
            path=str(PROBE), tag=f"{name}:1", buildargs={"PYTHON_IMAGE": base}, rm=True
        )
        auth = {"username": "AWS", "password": "local"}
        for line in engine.images.push(name, tag="1", auth_config=auth, stream=True, decode=True):
            assert "error" not in line, line
        reference = _by_digest(cloud, name)
        try:
            yield reference
        finally:
            engine.images.remove(f"{name}:1")
            with suppress(docker.errors.ImageNotFound):
                engine.images.remove(reference)


def _by_digest(cloud: Cloud, name: str) -> str:
    found = cloud.client("ecr").describe_images(
        repositoryName="probe", imageIds=[{"imageTag": "1"}]
    )
    return f"{name}@{found['imageDetails'][0]['imageDigest']}"


@pytest.fixture
def world(cloud: Cloud, probe_image: str) -> Iterator[World]:
    """A cluster of its own; its services and tasks are gone afterwards."""
    made = World(cloud, probe_image)
    try:
        yield made
    finally:
        made.close()
