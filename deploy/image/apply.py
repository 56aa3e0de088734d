"""Do what an ImagePlan says: nothing, or build, push, and take the digest from the registry."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.config.model import Build
from deploy.errors import BuildError
from deploy.events import Emit, Note, PhaseEnded, PhaseStarted
from deploy.image import tool
from deploy.image.build import REVISION, build_image
from deploy.image.engine import ping
from deploy.image.plan import ImagePlan
from deploy.image.push import TagTakenError, push_image
from deploy.image.registry import check_platform, credentials, digest_of

if TYPE_CHECKING:
    from docker import DockerClient
    from mypy_boto3_ecr import ECRClient


@dataclass(frozen=True)
class ImageResult:
    """`reference` is "repository_url@sha256:..."."""

    digest: str
    reference: str
    built: bool
    pushed: bool


def apply(
    plan: ImagePlan,
    build: Build,
    *,
    ecr: "ECRClient",
    docker: Callable[[], "DockerClient"],
    emit: Emit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    revision: str = "",
) -> ImageResult:
    """Make sure that the planned image is in the registry.

    A plan that reuses an image calls neither `docker` nor `ecr`. `docker` makes a client, such as
    `deploy.image.engine.connect`; `clock` and `sleep` are in seconds; `revision` is the git commit
    that the image's label names. Raises PreflightError if Docker does not answer or the image
    would not run on the platform, BuildError if it can't be built or pushed or if the registry has
    another digest than the push told.
    """
    build_only(plan, build, docker=docker, emit=emit, clock=clock, revision=revision)
    return push(plan, ecr=ecr, docker=docker, emit=emit, clock=clock, sleep=sleep)


def build_only(
    plan: ImagePlan,
    build: Build,
    *,
    docker: Callable[[], "DockerClient"],
    emit: Emit,
    clock: Callable[[], float],
    revision: str = "",
) -> None:
    """Build the planned image on this machine, unless it is reused. Parameters as of `apply`."""
    if plan.action == "reuse":
        return
    engine = ping(docker)
    with _phase("build", plan, emit, clock) as phase:
        labels = {REVISION: revision} if revision else {}
        chosen = tool.choose(tool.clients_on(os.environ.get("PATH", os.defpath)))
        attest = attests(engine.info())
        build_image(plan, build, chosen, emit, phase=phase, labels=labels, attest=attest)
        check_platform(build.platform, (_platform(engine, plan),), plan.name)


def push(
    plan: ImagePlan,
    *,
    ecr: "ECRClient",
    docker: Callable[[], "DockerClient"],
    emit: Emit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> ImageResult:
    """Push the image that was built, unless it is reused. Parameters as of `apply`."""
    if plan.action == "reuse":
        return _result(plan, plan.digest, built=False, pushed=False)
    with _phase("push", plan, emit, clock) as phase:
        digest, pushed = _pushed(plan, ecr, ping(docker), emit=emit, sleep=sleep, phase=phase)
    return _result(plan, digest, built=True, pushed=pushed)


def _result(plan: ImagePlan, digest: str, *, built: bool, pushed: bool) -> ImageResult:
    reference = f"{plan.repository_url}@{digest}"
    return ImageResult(digest, reference, built=built, pushed=pushed)


@contextmanager
def _phase(
    step: str,
    plan: ImagePlan,
    emit: Emit,
    clock: Callable[[], float],
) -> Iterator[str]:
    phase = f"{step} {plan.service}"
    emit(PhaseStarted(phase, plan.name))
    start, ok = clock(), False
    try:
        yield phase
        ok = True
    finally:
        emit(PhaseEnded(phase, ok=ok, seconds=clock() - start))


def attests(info: Mapping[str, Any]) -> bool:
    """Say from the engine's `info` whether it can hold an image's attestations.

    Only the containerd image store can: https://docs.docker.com/engine/storage/containerd/
    """
    status = info.get("DriverStatus") or ()
    return ["driver-type", "io.containerd.snapshotter.v1"] in [list(pair) for pair in status]


def _platform(engine: "DockerClient", plan: ImagePlan) -> str:
    attributes = engine.images.get(plan.name).attrs
    return f"{attributes['Os']}/{attributes['Architecture']}"


def _pushed(
    plan: ImagePlan,
    ecr: "ECRClient",
    engine: "DockerClient",
    *,
    emit: Emit,
    sleep: Callable[[float], None],
    phase: str,
) -> tuple[str, bool]:
    """Push and return the registry's digest, and whether the image there is the one pushed.

    If another deploy of the same source was faster, its image is as good as ours and is taken. A
    rebuild is meant to be newer, so there the error stands.
    """
    try:
        told = push_image(plan, engine, lambda: credentials(ecr), emit, sleep, phase=phase)
    except TagTakenError:
        if plan.fresh:
            raise
        emit(Note(f"another deploy pushed {plan.tag} first; its image is taken"))
        return digest_of(ecr, plan.repository, plan.tag), False
    return _checked(told, digest_of(ecr, plan.repository, plan.tag), plan), True


def _checked(told: str, there: str, plan: ImagePlan) -> str:
    if told != there:
        raise BuildError(
            f"the registry has another image under {plan.name} than was pushed",
            details=(f"pushed: {told}", f"there:  {there}"),
            remedy="see who else pushes to this repository, and that its tags are immutable",
        )
    return there
