"""Planning one image from its context and the registry, with nothing written."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from deploy.config.model import Build
from deploy.errors import PreflightError
from deploy.image.context import source_of
from deploy.image.survey import survey
from deploy.target import ServiceTarget

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

DIGEST = "sha256:" + "ab" * 32
ARM = {"manifests": [{"platform": {"os": "linux", "architecture": "arm64"}}]}


def registry(*tags: str) -> "ECRClient":
    """A registry that holds an image for arm64 under each of `tags`, and can only be read."""
    images = [
        {"imageId": {"imageTag": tag, "imageDigest": DIGEST}, "imageManifest": json.dumps(ARM)}
        for tag in tags
    ]
    fake = SimpleNamespace(
        batch_get_image=lambda **_: {"images": images},
        exceptions=SimpleNamespace(
            ImageNotFoundException=KeyError, RepositoryNotFoundException=KeyError
        ),
    )
    return cast("ECRClient", fake)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\n")
    return Build(context=tmp_path, dockerfile=dockerfile, platform="linux/arm64")


def test_a_new_source_is_planned_to_be_built(build: Build, target: ServiceTarget) -> None:
    plan = survey(registry(), build, target)
    assert (plan.action, plan.tag) == ("build", source_of(build))


def test_a_known_source_is_planned_to_be_reused(build: Build, target: ServiceTarget) -> None:
    plan = survey(registry(source_of(build)), build, target)
    assert (plan.action, plan.digest) == ("reuse", DIGEST)


def test_an_image_that_can_not_run_is_not_reused(build: Build, target: ServiceTarget) -> None:
    other = Build(context=build.context, dockerfile=build.dockerfile)
    with pytest.raises(PreflightError, match="linux/arm64"):
        survey(registry(source_of(other)), other, target)


def test_a_rebuild_mends_an_image_that_can_not_run(build: Build, target: ServiceTarget) -> None:
    other = Build(context=build.context, dockerfile=build.dockerfile)
    plan = survey(registry(source_of(other)), other, target, rebuild=True)
    assert (plan.action, plan.tag) == ("build", f"{source_of(other)}-r1")
