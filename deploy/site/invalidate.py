"""Have CloudFront forget what a release changed, and wait until it has."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from deploy.errors import PreflightError, ShipwayError, ToolError
from deploy.events import Emit, Note
from deploy.site.bucket import Bucket
from deploy.site.claim import swap
from deploy.site.distribution import Distribution, Invalidation
from deploy.site.phase import Phase, phase
from deploy.site.pointer import finished
from deploy.wording import counted

TIMEOUT = 600.0  # seconds; most invalidations take less than two minutes
FIRST_WAIT, LONGEST_WAIT = 0.3, 5.0  # seconds between two questions


@dataclass(frozen=True)
class Batch:
    """What CloudFront is asked to forget. `release` is the live one."""

    release: str
    paths: tuple[str, ...]

    @property
    def reference(self) -> str:
        """The caller's reference: a repeated request with the same one makes no second batch."""
        paths = hashlib.sha256("\n".join(self.paths).encode()).hexdigest()[:8]
        return f"{self.release}-{paths}"


class LateError(Exception):
    """CloudFront took longer than it was given."""


def invalidate(
    bucket: Bucket,
    site: str,
    release: str,
    paths: tuple[str, ...],
    *,
    distribution: Distribution,
    emit: Emit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float = TIMEOUT,
) -> bool:
    """Invalidate `paths` for the live release and wait; return whether CloudFront confirmed it.

    `release` and `paths` are `Published.release.id` and `Published.pending`. On a failure or after
    `timeout` seconds the paths stay in the pointer for the next run, a warning says so, and False
    is returned: the site is live, and its pages leave the edge by themselves.
    """
    if not paths:
        return True
    batch = Batch(release, paths)
    count = counted(len(paths), "path")
    with phase(f"invalidate {site}", emit, clock, count) as running:
        wait = Wait(running, clock, sleep, timeout)
        failed = _attempt(batch, distribution, wait) or _settled(bucket, release)
        running.ok = not failed
        running.summary = "not confirmed" if failed else count
    if failed:
        emit(Note(_warning(site, failed), "warning"))
    return not failed


def _settled(bucket: Bucket, release: str) -> str:
    """Note in the pointer that nothing is left to invalidate; return why that failed, or ""."""
    try:
        swap(bucket, lambda pointer: finished(pointer, release) if pointer else None)
    except ShipwayError as error:
        return error.message
    return ""


def _warning(site: str, failed: str) -> str:
    return (
        f"site {site} is live, but CloudFront did not confirm that it forgot the old pages: "
        f"{failed}; run it again, which only repeats this"
    )


class Wait:
    """Waits longer each time, tells so, and ends with LateError."""

    def __init__(
        self,
        running: Phase,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        timeout: float,
    ) -> None:
        self.running, self.clock, self.sleep = running, clock, sleep
        self.started, self.timeout = clock(), timeout
        self.pause = FIRST_WAIT

    def __call__(self, what: str) -> None:
        passed = self.clock() - self.started
        if passed >= self.timeout:
            raise LateError(f"{what} for {passed:.0f} s")
        self.running.tell(f"{what}, {passed:.0f} s")
        self.sleep(min(self.pause, self.timeout - passed))
        self.pause = min(self.pause * 1.5, LONGEST_WAIT)


def _attempt(batch: Batch, distribution: Distribution, wait: Wait) -> str:
    """Invalidate and wait; return why that failed, "" if it did not."""
    try:
        invalidation = _create(batch, distribution, wait)
        while invalidation.status != "Completed":
            wait("in progress")
            invalidation = distribution.invalidation(invalidation.id)
    except (ToolError, PreflightError) as error:
        return error.message
    except LateError as error:
        return str(error)
    return ""


def _create(batch: Batch, distribution: Distribution, wait: Wait) -> Invalidation:
    while not (created := distribution.invalidate(batch.paths, batch.reference)):
        wait("others are in progress")
    return created
