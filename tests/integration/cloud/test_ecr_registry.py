"""The registry: what its API says of it is what Docker can use."""

import base64
import hashlib
import io
import os
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import httpx
import pytest

from tests.integration.local_cloud import Cloud

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


@pytest.fixture
def repository(cloud: Cloud) -> Iterator[dict[str, Any]]:
    ecr = cloud.client("ecr")
    name = f"test-{uuid.uuid4().hex[:8]}"
    made = ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    yield made["repository"]
    ecr.delete_repository(repositoryName=name, force=True)


def archive(size: int) -> bytes:
    """Return a tar with one file of `size` random bytes, which no compression makes smaller."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("data")
        entry.size = size
        tar.addfile(entry, io.BytesIO(os.urandom(size)))
    return buffer.getvalue()


def test_the_uri_is_where_docker_can_push(cloud: Cloud, repository: dict[str, Any]) -> None:
    name = repository["repositoryName"]
    assert repository["repositoryUri"] == f"{cloud.registry}/{name}"
    described = cloud.client("ecr").describe_repositories(repositoryNames=[name])
    assert described["repositories"][0]["repositoryUri"] == f"{cloud.registry}/{name}"


def test_the_token_is_for_this_registry(cloud: Cloud) -> None:
    data = cloud.client("ecr").get_authorization_token()["authorizationData"][0]
    assert data["proxyEndpoint"] == f"http://{cloud.registry}"
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    assert user == "AWS"
    assert httpx.get(f"{cloud.endpoint}/v2/", auth=(user, password)).status_code == 200


@pytest.mark.parametrize("megabytes", [1, 200])
def test_a_pushed_image_has_its_digest_and_size(
    cloud: Cloud, repository: dict[str, Any], megabytes: int
) -> None:
    size = megabytes * 1024 * 1024
    with closing(docker.from_env(timeout=300)) as engine:
        uri = repository["repositoryUri"]
        engine.api.import_image_from_data(archive(size), repository=uri, tag="one")
        try:
            printed = engine.images.push(
                uri, tag="one", auth_config={"username": "AWS", "password": "x"}
            )
            assert "digest: sha256:" in printed, printed
            digest = printed.partition("digest: ")[2].split()[0]
        finally:
            engine.images.remove(f"{uri}:one", force=True)
        ecr = cloud.client("ecr")
        detail = ecr.describe_images(repositoryName=repository["repositoryName"])["imageDetails"][0]
        assert detail["imageDigest"] == digest
        assert size < detail["imageSizeInBytes"] < size * 1.01
        pulled = engine.images.pull(
            f"{uri}@{digest}", auth_config={"username": "AWS", "password": "x"}
        )
        assert pulled.attrs["RepoDigests"] == [f"{uri}@{digest}"]
        engine.images.remove(str(pulled.id), force=True)


def test_a_blob_is_stored_as_it_was_sent(cloud: Cloud, repository: dict[str, Any]) -> None:
    """The registry's own protocol, chunked, as Docker speaks it."""
    name, blob = repository["repositoryName"], os.urandom(5_000_000)
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    with httpx.Client(base_url=cloud.endpoint, trust_env=False) as client:
        where = client.post(f"/v2/{name}/blobs/uploads/").headers["location"]
        parts = iter([blob[:1_000_000], blob[1_000_000:]])
        where = client.patch(where, content=parts).headers["location"]
        assert client.put(where, params={"digest": digest}).status_code == 201
        assert client.get(f"/v2/{name}/blobs/{digest}").content == blob


def test_an_unknown_repository_is_refused(cloud: Cloud) -> None:
    with closing(docker.from_env()) as engine:
        uri = f"{cloud.registry}/missing-{uuid.uuid4().hex[:8]}"
        engine.api.import_image_from_data(archive(10), repository=uri, tag="one")
        try:
            printed = engine.images.push(
                uri, tag="one", auth_config={"username": "AWS", "password": "x"}
            )
            assert "error" in printed
        finally:
            engine.images.remove(f"{uri}:one", force=True)
