"""Take away what no kept release needs: object versions, and the manifests of old releases."""

from collections.abc import Callable

from deploy.config.model import Site
from deploy.events import Emit
from deploy.site.bucket import Bucket
from deploy.site.pointer import LEASE, Run


def prune(
    bucket: Bucket,
    site: Site,
    emit: Emit,
    *,
    run: Run,
    clock: Callable[[], float],
    now: Callable[[], float],
    lease: float = LEASE,
) -> int:
    """Delete what only expired releases have, and return how many object versions that were.

    What is live or kept stays, whoever made it. If no release has expired nothing is written, and
    no phase is told. If another run holds the site nothing is done: a later deploy prunes.
    """
    raise NotImplementedError
