"""Have CloudFront forget what a release changed, and wait until it has."""

from collections.abc import Callable
from typing import Any

from deploy.events import Emit
from deploy.site.bucket import Bucket

TIMEOUT = 600.0  # seconds; CloudFront says that an invalidation mostly takes less than two minutes


def invalidate(
    bucket: Bucket,
    site: str,
    release: str,
    paths: tuple[str, ...],
    *,
    distribution: str,
    cloudfront: Callable[[], Any],
    emit: Emit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float = TIMEOUT,
) -> bool:
    """Invalidate `paths` for the live release and wait; return whether CloudFront confirmed it.

    `release` and `paths` are `Published.release.id` and `Published.pending`. `cloudfront` makes
    the client, and is not called if there are no paths. On a failure or after `timeout` seconds
    the paths stay in the pointer for the next run, a warning says so, and False is returned:
    the site is live, and its pages leave the edge by themselves.
    """
    raise NotImplementedError
