"""What Amazon ECR knows: images by tag, digests, and the login for a push."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.config.model import Sensitive
from deploy.errors import BuildError, PreflightError
from deploy.image.plan import FoundImage, newest
from deploy.image.source import tags_of_source

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef

# Unless these are asked for ECR may convert a manifest, and a converted one has another digest:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html
MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class RegistryLogin:
    """`server` is the registry's address, a URL. The password is good for 12 hours."""

    server: str
    username: str
    password: Sensitive


def find(ecr: "ECRClient", repository: str, tag: str) -> FoundImage | None:
    """Return the newest image of source tag `tag`, its rebuilds included; None if there is none.

    Raises PreflightError if `repository` does not exist.
    """
    try:
        reply = ecr.batch_get_image(
            repositoryName=repository,
            imageIds=[{"imageTag": name} for name in tags_of_source(tag)],
            acceptedMediaTypes=list(MEDIA_TYPES),
        )
    except ecr.exceptions.RepositoryNotFoundException as missing:
        raise _no_repository(repository) from missing
    return newest([parse_image(image) for image in reply["images"]])


def parse_image(image: Mapping[str, Any]) -> FoundImage:
    """Read one image of a BatchGetImage reply."""
    identity = image["imageId"]
    return FoundImage(
        tag=identity["imageTag"],
        digest=identity["imageDigest"],
        platforms=platforms_of(image["imageManifest"]),
    )


def platforms_of(manifest: str) -> tuple[str, ...]:
    """Return the platforms that an image index lists; none for a single manifest.

    BuildKit lists its attestations as "unknown/unknown", which is no platform:
    https://docs.docker.com/build/metadata/attestations/attestation-storage/
    """
    listed = [entry.get("platform", {}) for entry in json.loads(manifest).get("manifests", ())]
    names = ("/".join(_platform_parts(platform)) for platform in listed)
    return tuple(name for name in names if name and not name.startswith("unknown/"))


def children(ecr: "ECRClient", repository: str, digest: str) -> tuple[str, ...]:
    """Return the digests of the manifests in an image index; none for a single manifest.

    A task reports the digest of the manifest that was chosen for it, not the index's.
    """
    reply = ecr.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageDigest": digest}],
        acceptedMediaTypes=list(MEDIA_TYPES),
    )
    return tuple(
        entry["digest"]
        for image in reply["images"]
        for entry in json.loads(image["imageManifest"]).get("manifests", ())
    )


def _platform_parts(platform: Mapping[str, str]) -> list[str]:
    return [platform[key] for key in ("os", "architecture", "variant") if platform.get(key)]


def _describe(ecr: "ECRClient", repository: str, tag: str) -> "ImageDetailTypeDef | None":
    try:
        reply = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ecr.exceptions.ImageNotFoundException:
        return None
    except ecr.exceptions.RepositoryNotFoundException as missing:
        raise _no_repository(repository) from missing
    return next(iter(reply["imageDetails"]), None)


def digest_of(ecr: "ECRClient", repository: str, tag: str) -> str:
    """Return the digest that the registry has under `tag`. Raises BuildError if it has none."""
    details = _describe(ecr, repository, tag)
    if details is None:
        raise BuildError(
            f"the registry has no image {repository}:{tag}, though it was pushed",
            remedy="deploy again; if it stays so, look at the repository's lifecycle policy",
        )
    return details["imageDigest"]


def _no_repository(repository: str) -> PreflightError:
    return PreflightError(
        f"the registry has no repository {repository}", remedy="run `invoke infra.apply`"
    )


def credentials(ecr: "ECRClient") -> RegistryLogin:
    """Ask for a login of the account's registry.

    Raises PreflightError if the reply holds none. The token is base64 of "user:password":
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
    """
    for data in ecr.get_authorization_token()["authorizationData"]:
        username, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return RegistryLogin(data["proxyEndpoint"], username, Sensitive(password))
    raise PreflightError(
        "the registry gave no login",
        remedy="see that the role may call ecr:GetAuthorizationToken",
    )


def check_platform(wanted: str, platforms: Sequence[str], image: str) -> None:
    """Raise PreflightError if `image` is known to run on other platforms than `wanted` only.

    Both are like "linux/amd64"; a variant such as the "v8" of "linux/arm64/v8" is not compared.
    Nothing is known of an image without `platforms`.
    """
    known = {_without_variant(platform) for platform in platforms}
    if known and _without_variant(wanted) not in known:
        raise PreflightError(
            f"image {image} is for {', '.join(sorted(known))}, the service runs on {wanted}",
            remedy='set the service\'s platform in deploy.toml, or leave out "--platform" in FROM',
        )


def _without_variant(platform: str) -> str:
    return "/".join(platform.split("/")[:2])
