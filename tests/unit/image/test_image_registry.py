"""What is asked of ECR, what its replies mean, and what stops before a write."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from deploy.errors import BuildError, PreflightError
from deploy.image.registry import (
    MEDIA_TYPES,
    check_platform,
    children,
    credentials,
    digest_of,
    find,
    platforms_of,
)
from deploy.image.source import tags_of_source

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

TAG = "src-0123456789abcdef0123"
DIGEST = "sha256:" + "ab" * 32
NEWER = "sha256:" + "cd" * 32
SINGLE = json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:x"}, "layers": []})
INDEX = json.dumps(
    {
        "manifests": [
            {
                "digest": "sha256:arm",
                "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
            },
            {
                "digest": "sha256:attestation",
                "platform": {"os": "unknown", "architecture": "unknown"},
            },
        ]
    }
)
ASKED = {
    "repositoryName": "shop/backend",
    "imageIds": [{"imageTag": name} for name in tags_of_source(TAG)],
    "acceptedMediaTypes": list(MEDIA_TYPES),
}


@pytest.fixture
def ecr() -> "ECRClient":
    return boto3.client(
        "ecr",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 1}),
    )


@pytest.fixture
def replies(ecr: "ECRClient") -> Iterator[Stubber]:
    with Stubber(ecr) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def image(tag: str, digest: str, manifest: str = SINGLE) -> dict[str, Any]:
    return {"imageId": {"imageTag": tag, "imageDigest": digest}, "imageManifest": manifest}


def test_the_newest_image_of_a_source_is_found(ecr: "ECRClient", replies: Stubber) -> None:
    images = [image(f"{TAG}-r10", NEWER, INDEX), image(TAG, DIGEST), image(f"{TAG}-r9", DIGEST)]
    replies.add_response("batch_get_image", {"images": images, "failures": []}, ASKED)
    found = find(ecr, "shop/backend", TAG)
    assert found
    assert (found.tag, found.digest) == (f"{TAG}-r10", NEWER)
    assert found.platforms == ("linux/arm64/v8",)


def test_an_unknown_source_is_not_found(ecr: "ECRClient", replies: Stubber) -> None:
    replies.add_response("batch_get_image", {"images": [], "failures": []}, ASKED)
    assert find(ecr, "shop/backend", TAG) is None


def test_a_missing_repository_has_its_remedy(ecr: "ECRClient", replies: Stubber) -> None:
    replies.add_client_error("batch_get_image", "RepositoryNotFoundException")
    with pytest.raises(PreflightError, match="no repository shop/backend") as caught:
        find(ecr, "shop/backend", TAG)
    assert "invoke infra.apply" in caught.value.remedy


def test_a_digest_comes_from_the_registry(ecr: "ECRClient", replies: Stubber) -> None:
    replies.add_response("describe_images", {"imageDetails": [{"imageDigest": DIGEST}]})
    assert digest_of(ecr, "shop/backend", TAG) == DIGEST


def test_an_image_that_is_gone_is_an_error(ecr: "ECRClient", replies: Stubber) -> None:
    replies.add_client_error("describe_images", "ImageNotFoundException")
    with pytest.raises(BuildError, match="has no image"):
        digest_of(ecr, "shop/backend", TAG)


@pytest.mark.parametrize(
    ("manifest", "digests"), [(INDEX, ("sha256:arm", "sha256:attestation")), (SINGLE, ())]
)
def test_an_index_names_its_manifests(
    ecr: "ECRClient", replies: Stubber, manifest: str, digests: tuple[str, ...]
) -> None:
    asked = ASKED | {"imageIds": [{"imageDigest": DIGEST}]}
    replies.add_response("batch_get_image", {"images": [image(TAG, DIGEST, manifest)]}, asked)
    assert children(ecr, "shop/backend", DIGEST) == digests


def test_a_login_is_decoded(ecr: "ECRClient", replies: Stubber) -> None:
    data = {"authorizationToken": "QVdTOnA6dw==", "proxyEndpoint": "https://reg.example"}
    replies.add_response("get_authorization_token", {"authorizationData": [data]})
    login = credentials(ecr)
    assert (login.server, login.username, login.password) == ("https://reg.example", "AWS", "p:w")


def test_no_login_is_told(ecr: "ECRClient", replies: Stubber) -> None:
    replies.add_response("get_authorization_token", {"authorizationData": []})
    with pytest.raises(PreflightError, match="no login"):
        credentials(ecr)


def test_a_single_manifest_does_not_name_its_platform() -> None:
    assert platforms_of(SINGLE) == ()


@pytest.mark.parametrize("platforms", [(), ("linux/arm64",), ("linux/amd64", "linux/arm64/v8")])
def test_an_image_that_may_run_is_let_through(platforms: tuple[str, ...]) -> None:
    check_platform("linux/arm64/v8", platforms, "image")


def test_an_image_of_another_architecture_is_refused() -> None:
    with pytest.raises(PreflightError, match=r"is for linux/arm64, .* runs on linux/amd64"):
        check_platform("linux/amd64", ("linux/arm64/v8",), "image")
