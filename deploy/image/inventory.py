"""What a registry holds, and taking images away. An image is named by its digest."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from deploy.errors import PreflightError, ToolError
from deploy.image.registry import MEDIA_TYPES

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
AT_ONCE = 100


@dataclass(frozen=True)
class Stored:
    """An image of a repository. `children` are the digests of its manifests, if it is an index."""

    digest: str
    tags: tuple[str, ...] = ()
    size: int = 0  # bytes
    children: tuple[str, ...] = ()


def manifests(
    ecr: "ECRClient", repository: str, digests: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return those of `digests` that the repository has, with the digests in them if an index.

    A repository that is gone has none.
    """
    found: dict[str, tuple[str, ...]] = {}
    for batch in _batches(sorted(set(digests))):
        try:
            reply = ecr.batch_get_image(
                repositoryName=repository,
                imageIds=[{"imageDigest": digest} for digest in batch],
                acceptedMediaTypes=list(MEDIA_TYPES),
            )
        except ecr.exceptions.RepositoryNotFoundException:
            return {}
        found |= {
            image["imageId"]["imageDigest"]: _children(image["imageManifest"])
            for image in reply["images"]
        }
    return found


def _children(manifest: str) -> tuple[str, ...]:
    return tuple(entry["digest"] for entry in json.loads(manifest).get("manifests", ()))


def stored(ecr: "ECRClient", repository: str) -> tuple[Stored, ...]:
    """Return all images of a repository. Raises PreflightError if there is no such repository."""
    try:
        pages = ecr.get_paginator("describe_images").paginate(repositoryName=repository)
        details = {image["imageDigest"]: image for page in pages for image in page["imageDetails"]}
    except ecr.exceptions.RepositoryNotFoundException as missing:
        raise PreflightError(
            f"the registry has no repository {repository}", remedy="run `invoke infra.apply`"
        ) from missing
    known = manifests(ecr, repository, details)
    return tuple(
        Stored(
            digest,
            tuple(image.get("imageTags", ())),
            image.get("imageSizeInBytes", 0),
            known.get(digest, ()),
        )
        for digest, image in details.items()
    )


def delete(ecr: "ECRClient", repository: str, images: Sequence[Stored]) -> None:
    """Take images away, with all their tags; one that is not there any more is no error.

    Indexes go first, as ECR keeps a manifest that an index names. Raises ToolError for the first
    image that ECR did not delete, once it was asked for all.
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageFailure.html
    """
    failed: list[str] = []
    for group in ([i for i in images if i.children], [i for i in images if not i.children]):
        for batch in _batches([image.digest for image in group]):
            ids = [{"imageDigest": digest} for digest in batch]
            reply = ecr.batch_delete_image(repositoryName=repository, imageIds=ids)  # type: ignore[arg-type]
            failed += [
                f"{failure['imageId'].get('imageDigest')}: {failure.get('failureReason')}"
                for failure in reply["failures"]
                if failure.get("failureCode") != "ImageNotFound"
            ]
    if failed:
        raise ToolError(
            f"ECR kept {len(failed)} of {len(images)} images of {repository}: {failed[0]}",
            remedy="run `invoke prune` again; it takes what is left",
        )


def _batches(digests: Sequence[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(digests)
    while batch := tuple(islice(rest, AT_ONCE)):
        yield batch
