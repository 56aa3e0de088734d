"""Which target group, and which of its targets, gets a request."""

from collections.abc import Sequence
from typing import TypeVar

from localcloud.ports import TargetState

T = TypeVar("T")


def eligible(targets: Sequence[tuple[T, TargetState]]) -> list[T]:
    """Return the targets that may get a request: the healthy ones.

    If none is healthy the load balancer fails open: every registered target that is not draining.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    healthy = [target for target, state in targets if state is TargetState.HEALTHY]
    closed = (TargetState.DRAINING, TargetState.UNUSED)
    return healthy or [target for target, state in targets if state not in closed]


def weighted(groups: Sequence[tuple[str, int]], draw: float) -> str | None:
    """Return the ARN of one of `groups` (ARN, weight), or None if all weights are 0.

    `draw` is uniform in [0, 1).
    """
    point = draw * sum(weight for _, weight in groups)
    for arn, weight in groups:
        if point < weight:
            return arn
        point -= weight
    return None


class RoundRobin:
    """Takes turns, per key, among whatever is there at the moment."""

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}

    def pick(self, key: str, among: Sequence[T]) -> T | None:
        """Return the next of `among`, or None if there is none."""
        if not among:
            return None
        turn = self._turns.get(key, 0)
        self._turns[key] = turn + 1
        return among[turn % len(among)]
