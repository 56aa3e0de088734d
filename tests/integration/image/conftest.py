"""A repository of its own, and a build context that needs no pull."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import docker
import pytest

from deploy.config.model import Build
from deploy.target import ServiceTarget
from tests.integration.local_cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

REVISION = "0123abc-of-a-test"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def ecr(cloud: Cloud) -> "ECRClient":
    client: ECRClient = cloud.client("ecr")
    return client


@pytest.fixture
def target(ecr: "ECRClient", engine: docker.DockerClient) -> Iterator[ServiceTarget]:
    name = f"image-test-{uuid4().hex[:12]}"
    reply = ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    url = reply["repository"]["repositoryUri"]
    yield ServiceTarget(
        name="backend",
        service=name,
        family=name,
        repository=name,
        repository_url=url,
        execution_role_arn="",
        task_role_arn="",
        log_group="",
        target_group_arn="",
        url="",
        min_tasks=1,
    )
    ecr.delete_repository(repositoryName=name, force=True)
    mine = {"dangling": True, "label": f"org.opencontainers.image.revision={REVISION}"}
    for image in engine.images.list(filters=mine):
        engine.images.remove(str(image.id), force=True)
    for image in engine.images.list():
        names = (*image.tags, *(image.attrs["RepoDigests"] or ()))
        if any(f"/{name}" in known for known in names):
            engine.images.remove(str(image.id), force=True)


Make = Callable[..., Build]


@pytest.fixture
def make(tmp_path: Path, engine: docker.DockerClient) -> Make:
    """Return a function that writes a build context: a Dockerfile's text, and files by name."""
    platform = f"linux/{ARCHITECTURES[engine.info()['Architecture']]}"

    def made(dockerfile: str, *, with_shell: bool = False, **files: str) -> Build:
        context = tmp_path / "context"
        context.mkdir(exist_ok=True)
        for name, text in {**files, "Dockerfile": dockerfile}.items():
            (context / name).write_text(text)
        if with_shell:
            copy_shell(context / "root")
        return Build(context=context, dockerfile=context / "Dockerfile", platform=platform)

    return made


def copy_shell(root: Path) -> None:
    """Copy this machine's `sh` and the libraries that it loads below `root`."""
    shell = Path(shutil.which("sh") or "/bin/sh")
    listed = subprocess.run(["ldd", str(shell)], capture_output=True, text=True, check=True).stdout
    for path in map(Path, re.findall(r"(/\S+) \(0x", listed)):
        copied = root / path.relative_to("/")
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)
    (root / "bin").mkdir(exist_ok=True)
    shutil.copy(shell, root / "bin/sh")
