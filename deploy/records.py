"""A plan's and a deploy's parts as a release's record has them."""

from typing import TYPE_CHECKING

from deploy.outcome import Outcome
from deploy.release.record import ServiceRecord, SiteRecord

if TYPE_CHECKING:
    from deploy.backend import BackendPlan
    from deploy.parts import Plan
    from deploy.service.result import RolloutResult
    from deploy.site.plan import SitePlan

UNCHANGED = Outcome.UNCHANGED.label


def service_records(plan: "Plan") -> dict[str, ServiceRecord]:
    """Return the services of a plan, before anything is changed."""
    parts = plan.services.services if plan.services else {}
    return {name: service_record(part) for name, part in parts.items()}


def service_record(part: "BackendPlan", result: "RolloutResult | None" = None) -> ServiceRecord:
    """Return one service as it is known: planned, or with `result` as it ended."""
    service = part.service
    if result is None:
        return ServiceRecord(
            task_definition=service.running_arn,
            digest=service.running_digest or "",
            source_tag=part.image.tag,
            before=service.running_arn,
            outcome="" if part.changed else UNCHANGED,
        )
    return ServiceRecord(
        task_definition=result.task_definition_arn,
        digest=result.digest or "",
        source_tag=part.image.tag,
        before=service.running_arn,
        outcome=result.outcome.label,
    )


def site_records(plan: "Plan") -> dict[str, SiteRecord]:
    """Return the sites of a plan, before anything is changed."""
    return {
        site.wanted.name: SiteRecord(before=live(own.site), release=live(own.site))
        for site, own in plan.sites
    }


def site_record(plan: "SitePlan", released: str) -> SiteRecord:
    """Return one site as it ended: `released` is the id of its new release, "" for none."""
    outcome = Outcome.SUCCEEDED.label if released else UNCHANGED
    return SiteRecord(release=released or live(plan), before=live(plan), outcome=outcome)


def live(plan: "SitePlan") -> str:
    """Return the id of the release that was live when the plan was made."""
    return plan.base.id if plan.base else ""
