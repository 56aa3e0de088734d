"""What looks like a mistake, and is refused unless a flag allows it. Pure."""

from typing import TYPE_CHECKING

from deploy.errors import PreflightError

if TYPE_CHECKING:
    from deploy.site.plan import SitePlan

# The part of the live release's stable files and pages that a deploy may take away.
MOST_GONE = 0.3


def guard(
    plan: "SitePlan",
    *,
    adopt: bool = False,
    allow_deletions: bool = False,
    allow_missing_index: bool = False,
) -> None:
    """Raise PreflightError if the plan looks like a mistake, with the flag that allows it.

    Refused: an empty build (no flag), one without index.html (--allow-missing-index), a bucket
    with objects that Shipway never published to (--adopt), and a build that lacks more than 30 %
    of the live release's stable files and pages (--allow-deletions).
    """
    if not plan.files:
        raise PreflightError(
            f"the build of site {plan.site} is empty",
            remedy="see what its build command writes, and where sites."
            f"{plan.site}.output says that is",
        )
    if not plan.has_index and not allow_missing_index:
        raise PreflightError(
            f"the build of site {plan.site} has no index.html",
            remedy="build it again, or give --allow-missing-index if it has none by intent",
        )
    if plan.pointer is None and plan.objects and not adopt:
        raise PreflightError(
            f"the bucket of site {plan.site} holds {plan.objects} objects that Shipway has not "
            "published",
            remedy="check that it is the right bucket, and give --adopt to publish into it: what "
            "is there is kept or replaced, not deleted",
        )
    if plan.gone_named > MOST_GONE * plan.live_named and not allow_deletions:
        raise PreflightError(
            f"the build lacks {plan.gone_named} of the {plan.live_named} pages and stable files "
            f"of the live release, more than {MOST_GONE:.0%}",
            remedy="check that the build is whole, and give --allow-deletions if it is",
            details=(*plan.gone_pages, *plan.gone_rest)[:20],
        )
