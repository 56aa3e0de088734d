"""The images of a deploy: each distinct one is planned, built and pushed once. Joins image/."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from deploy import git
from deploy.aws import Aws
from deploy.beside import side_by_side
from deploy.config.model import Build, Config, Service
from deploy.environment import service_place
from deploy.events import Emit
from deploy.image.plan import ImagePlan
from deploy.target import Target

if TYPE_CHECKING:
    from deploy.image.apply import ImageResult

AT_ONCE = 2  # a build takes all cores for itself anyway, but waits for downloads


def owner_of(service: Service) -> str:
    """Return the service that owns the image which `service` runs: another one, or itself."""
    return service.image or service.name


@dataclass(frozen=True)
class Images:
    """How the images of one deploy are made. `clock` and `sleep` are in seconds."""

    config: Config
    aws: Aws
    emit: Emit
    commit: git.Commit
    rebuild: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def plan(self, target: Target, services: Iterable[Service]) -> dict[str, ImagePlan]:
        """Return what to do for each image that `services` run, by its owner's name."""
        from deploy.image.survey import survey

        ecr = self.aws.client("ecr")
        owners = dict.fromkeys(owner_of(service) for service in services)
        return {
            name: survey(
                ecr,
                self._build(name),
                service_place(target, name),
                rebuild=self.rebuild,
                dirty=self.commit.dirty,
            )
            for name in owners
        }

    def _build(self, name: str) -> Build:
        return self.config.services[name].build

    def build(self, plans: Mapping[str, ImagePlan]) -> None:
        """Build the images on this machine that are not in the registry, two at a time."""
        wanted = {name: plan for name, plan in plans.items() if plan.action == "build"}
        works = [partial(self._build_one, name, plan) for name, plan in wanted.items()]
        side_by_side(works, self.emit, at_once=AT_ONCE)

    def _build_one(self, name: str, plan: ImagePlan, emit: Emit) -> None:
        from deploy.image.apply import build_only
        from deploy.image.engine import connect

        build_only(
            plan,
            self._build(name),
            docker=connect,
            emit=emit,
            clock=self.clock,
            revision=self.commit.sha,
        )

    def push(self, plans: Mapping[str, ImagePlan]) -> dict[str, "ImageResult"]:
        """Push the images that were built, and return all of them, by their owners' names."""
        works = [partial(self._push_one, plan) for plan in plans.values()]
        return dict(zip(plans, side_by_side(works, self.emit, at_once=AT_ONCE), strict=True))

    def _push_one(self, plan: ImagePlan, emit: Emit) -> "ImageResult":
        from deploy.image.apply import push
        from deploy.image.engine import connect

        return push(
            plan,
            ecr=self.aws.client("ecr"),
            docker=connect,
            emit=emit,
            clock=self.clock,
            sleep=self.sleep,
        )

    def children(self, target: Target, images: Mapping[str, "ImageResult"]) -> dict[str, set[str]]:
        """Return the digests of the manifests in each image, where it is an index of several."""
        from deploy.image.registry import children

        ecr = self.aws.client("ecr")
        return {
            name: set(children(ecr, service_place(target, name).repository, image.digest))
            for name, image in images.items()
        }
