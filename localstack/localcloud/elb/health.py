"""The health of one target: what a row of check results makes of it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from dataclasses import dataclass, replace

from localcloud.elb.matcher import ONLY_OK, Matcher
from localcloud.ports import TargetState

REGISTERING = "Elb.RegistrationInProgress"
CHECKING = "Elb.InitialHealthChecking"
TIMEOUT = "Target.Timeout"
FAILED = "Target.FailedHealthChecks"
MISMATCH = "Target.ResponseCodeMismatch"
DEREGISTERING = "Target.DeregistrationInProgress"
NOT_REGISTERED = "Target.NotRegistered"
NOT_IN_USE = "Target.NotInUse"

_DESCRIPTIONS = {
    REGISTERING: "Target registration is in progress",
    CHECKING: "Initial health checks in progress",
    TIMEOUT: "Request timed out",
    FAILED: "Health checks failed",
    DEREGISTERING: "Target deregistration is in progress",
    NOT_REGISTERED: "Target is not registered to the target group",
    NOT_IN_USE: "Target group is not configured to receive traffic from the load balancer",
}


@dataclass(frozen=True)
class HealthCheck:
    """How a target group checks its targets. `interval` and `timeout` are in seconds.

    `port` is None for the port on which the target gets traffic.
    """

    protocol: str = "HTTP"
    path: str = "/"
    port: int | None = None
    interval: float = 30
    timeout: float = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: Matcher = ONLY_OK


@dataclass(frozen=True)
class CheckResult:
    """One check: `reason` is "" if it passed, else a reason code; `status` 0 without an answer."""

    reason: str = ""
    status: int = 0


@dataclass(frozen=True)
class Health:
    """Where a target stands, and how many like results came in a row."""

    state: TargetState = TargetState.INITIAL
    reason: str = REGISTERING
    description: str = _DESCRIPTIONS[REGISTERING]
    passed: int = 0
    failed: int = 0


NEW = Health()


def describe(reason: str, status: int = 0) -> str:
    """Return Elastic Load Balancing's sentence for a reason code."""
    if reason == MISMATCH:
        return f"Health checks failed with these codes: [{status}]"
    return _DESCRIPTIONS.get(reason, "")


def observe(health: Health, result: CheckResult, check: HealthCheck) -> Health:
    """Return the health after one more check.

    The first check that a new target passes makes it healthy, whatever the threshold; after that
    each threshold is a number of results in a row.
    """
    return _failed(health, result, check) if result.reason else _passed(health, check)


def _passed(health: Health, check: HealthCheck) -> Health:
    passed = health.passed + 1
    if health.state is TargetState.INITIAL or passed >= check.healthy_threshold:
        return Health(TargetState.HEALTHY, "", "", passed)
    return replace(health, passed=passed, failed=0)


def _failed(health: Health, result: CheckResult, check: HealthCheck) -> Health:
    failed = health.failed + 1
    if health.state is TargetState.UNHEALTHY or failed >= check.unhealthy_threshold:
        reason, text = result.reason, describe(result.reason, result.status)
        return Health(TargetState.UNHEALTHY, reason, text, failed=failed)
    if health.state is TargetState.INITIAL:
        return Health(reason=CHECKING, description=describe(CHECKING), failed=failed)
    return replace(health, passed=0, failed=failed)
