"""What a deploy would do about one service's image, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from deploy.errors import PreflightError
from deploy.events import Change
from deploy.image.source import MAX_REBUILDS, rebuild_number, rebuilt_tag
from deploy.target import ServiceTarget


@dataclass(frozen=True)
class FoundImage:
    """An image that is in the registry.

    `platforms` is what an image index lists, such as ("linux/amd64",). A single manifest does not
    name its platform, so it is empty then.
    """

    tag: str
    digest: str
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImagePlan:
    """`digest` is the image's if it is reused, else empty: only the registry can say it then.

    `fresh` means that the build takes nothing from its cache and pulls its base images again.
    """

    service: str
    repository: str
    repository_url: str
    tag: str
    action: Literal["build", "reuse"]
    reason: str
    digest: str = ""
    fresh: bool = False

    @property
    def name(self) -> str:
        return f"{self.repository_url}:{self.tag}"


def plan_image(
    target: ServiceTarget,
    tag: str,
    found: FoundImage | None,
    *,
    rebuild: bool = False,
    dirty: bool = False,
) -> ImagePlan:
    """Decide between building and reusing.

    `tag` is the source tag, `found` the newest image of that source; `dirty` says that the git
    working tree has changes that no commit holds. Raises PreflightError for the hundredth rebuild.
    """
    if found and not rebuild:
        reason = f"source tag {found.tag} is already in the repository"
        return _planned(target, found.tag, "reuse", reason, digest=found.digest)
    if found:
        reason = f"--rebuild: source tag {found.tag} is in the repository and is built anew"
        return _planned(target, _next_tag(tag, found), "build", _told(reason, dirty), fresh=True)
    reason = f"no image has source tag {tag}"
    return _planned(target, tag, "build", _told(reason, dirty), fresh=rebuild)


def _planned(
    target: ServiceTarget,
    tag: str,
    action: Literal["build", "reuse"],
    reason: str,
    *,
    digest: str = "",
    fresh: bool = False,
) -> ImagePlan:
    return ImagePlan(
        service=target.name,
        repository=target.repository,
        repository_url=target.repository_url,
        tag=tag,
        action=action,
        reason=reason,
        digest=digest,
        fresh=fresh,
    )


def _told(reason: str, dirty: bool) -> str:  # noqa: FBT001 - one fact
    return f"{reason}; the working tree has uncommitted changes" if dirty else reason


def _next_tag(tag: str, found: FoundImage) -> str:
    number = rebuild_number(found.tag) + 1
    if number > MAX_REBUILDS:
        raise PreflightError(
            f"source tag {tag} was rebuilt {MAX_REBUILDS} times, and no more are kept apart",
            remedy="change anything in the build context, such as a comment in the Dockerfile",
        )
    return rebuilt_tag(tag, number)


def newest(images: Sequence[FoundImage]) -> FoundImage | None:
    """Return the image in force among those of one source, None if there is none."""
    return max(images, key=lambda image: rebuild_number(image.tag), default=None)


def changes(plan: ImagePlan) -> tuple[Change, ...]:
    """Return the lines that a plan shows for this image."""
    subject = f"image {plan.service}"
    if plan.action == "reuse":
        return (Change("=", subject, plan.reason, after=plan.tag),)
    return (Change("+", subject, plan.reason, after=plan.tag),)
