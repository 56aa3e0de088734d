"""What `invoke scale` and `abort` wait for: when a change of a service is at its end. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.outcome import Outcome
from deploy.service.observation import ServiceEvent
from deploy.service.operation import ScalePlan
from deploy.service.status import ServiceStatus
from deploy.service.watch import PATIENCE


@dataclass(frozen=True)
class Seen:
    """A service at one moment. `record` is the status of the service deployment that is followed,
    `up` counts the running tasks that are not known to be ill, `healthy` those found healthy.
    """

    status: ServiceStatus
    primary: str = ""  # the PRIMARY deployment's id
    up: int = 0
    healthy: int = 0
    record: str = ""
    reason: str = ""
    events: tuple[ServiceEvent, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """How it ended (None: not yet), why, and where it is, in words."""

    outcome: Outcome | None
    detail: str
    reason: str = ""


@dataclass
class ScaleJudge:
    """Waits until as many tasks run, and are healthy, as were asked for.

    Reads are eventually consistent: another count, or another deployment, is believed when it is
    seen several times in a row.
    """

    plan: ScalePlan
    doubts: int = 0

    def __call__(self, seen: Seen) -> Verdict:
        status, count = seen.status, self.plan.count
        where = detail(seen)
        if status.status != "ACTIVE":
            return Verdict(Outcome.FAILED, where, f"the service is {status.status}")
        moved = self._moved(seen)
        self.doubts = self.doubts + 1 if moved else 0
        if self.doubts >= PATIENCE:
            return Verdict(Outcome.SUPERSEDED, where, moved)
        ready = seen.healthy if self.plan.checked else seen.up
        counted = (status.running, status.pending, ready) == (count, 0, count)
        proven = counted and status.healthy in (None, count)
        return Verdict(Outcome.SUCCEEDED if proven and not moved else None, where)

    def _moved(self, seen: Seen) -> str:
        desired = seen.status.desired
        if desired != self.plan.count:
            return f"autoscaling, or somebody else, has set it to {desired} tasks"
        if seen.primary != self.plan.primary:
            return "a new deployment was started"
        return ""


def judge_rollback(seen: Seen) -> Verdict:
    """Say whether the service deployment has been rolled back.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
    """
    where = detail(seen)
    ends = {
        "ROLLBACK_SUCCESSFUL": (Outcome.ROLLED_BACK, ""),
        "ROLLBACK_FAILED": (Outcome.FAILED, seen.reason or "the rollback failed"),
        "SUCCESSFUL": (Outcome.FAILED, "it was too late: the rollout has succeeded"),
        "STOPPED": (Outcome.SUPERSEDED, seen.reason or "a newer deployment took over"),
    }
    outcome, reason = ends.get(seen.record, (None, ""))
    return Verdict(outcome, where, reason)


def judge_withdrawal(seen: Seen) -> Verdict:
    """Say whether nothing of the service runs any more."""
    status = seen.status
    if status.desired:
        return Verdict(None, detail(seen))
    gone = status.running == status.pending == 0
    return Verdict(Outcome.ROLLED_BACK if gone else None, detail(seen))


def detail(seen: Seen) -> str:
    """Return where the service is: "2 running, 1 pending, 3 desired, 1 of 2 targets healthy"."""
    status = seen.status
    parts = [f"{status.running} running"]
    parts += [f"{status.pending} pending"] if status.pending else []
    parts += [f"{status.desired} desired"]
    if isinstance(status.targets, tuple) and status.targets:
        parts += [f"{status.healthy} of {len(status.targets)} targets healthy"]
    return ", ".join(parts)


def is_up(task: Mapping[str, Any]) -> bool:
    """Say whether a task (of DescribeTasks) runs and none of its containers is known to be ill.

    A container without a health check stays UNKNOWN.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
    """
    return task.get("lastStatus") == "RUNNING" and task.get("healthStatus") != "UNHEALTHY"


def is_healthy(task: Mapping[str, Any]) -> bool:
    """Say whether a task (of DescribeTasks) runs and its containers' checks have succeeded."""
    return task.get("lastStatus") == "RUNNING" and task.get("healthStatus") == "HEALTHY"
