"""The deployment circuit breaker's rule, counting nothing by itself.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html
"""

from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

Kind = Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]

# Quoted from the page on the circuit breaker: a minimum threshold of 3, a maximum of 200.
LOWEST, HIGHEST = 3, 200
PERCENT = 50


@dataclass(frozen=True)
class Breaker:
    """When to give a deployment up, and whether to roll back then."""

    enabled: bool = False
    rollback: bool = False
    reset_on_healthy: bool = True
    kind: Kind = "BOUNDED_PERCENT"
    value: int = PERCENT

    def threshold(self, desired: int) -> int:
        """Return how many failed tasks end a deployment of `desired` tasks."""
        if self.kind == "COUNT":
            return self.value
        share = ceil(desired * self.value / 100)
        if self.kind == "UNBOUNDED_PERCENT":
            return max(1, share)
        return min(HIGHEST, max(LOWEST, share))

    def tripped(self, failures: int, desired: int) -> bool:
        return self.enabled and failures >= self.threshold(desired)

    def after_healthy(self, failures: int) -> int:
        """Return the count of failures once a task has become healthy."""
        return 0 if self.reset_on_healthy else failures


def breaker_of(configuration: dict[str, Any]) -> Breaker:
    """Read the breaker from a service's `deploymentConfiguration`."""
    given = configuration.get("deploymentCircuitBreaker") or {}
    limit = given.get("thresholdConfiguration") or {}
    return Breaker(
        enabled=bool(given.get("enable")),
        rollback=bool(given.get("rollback")),
        reset_on_healthy=given.get("resetOnHealthyTask", True) is not False,
        kind=limit.get("type", "BOUNDED_PERCENT"),
        value=limit.get("value", PERCENT),
    )


# As many failures in a row are not throttled; the breaker's least threshold is below it.
FREE_FAILURES = 4


def launch_delay(streak: int) -> float:
    """Return how long to wait before the next launch after `streak` failures in a row, seconds.

    ECS throttles services whose tasks keep failing to start, at first not, then ever longer:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
    Its longest delay is 27 minutes; here it is one.
    """
    return 0.0 if streak < FREE_FAILURES else min(60.0, 2.0 ** (streak - FREE_FAILURES))
