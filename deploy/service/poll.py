"""How often to look, and at how many services at once. Pure."""

from collections.abc import Sequence
from math import ceil

# DescribeServices takes at most 10 services.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
SERVICES_A_CALL = 10

SHORTEST, LONGEST = 1.0, 5.0  # seconds
PATIENT_POLLS = 20  # at the shortest interval before it grows
GROWTH = 1.2
JITTER = 0.2

# Tasks and service deployments change less often than counts, and take six calls a service: each
# service is looked at closely every third poll, or as often as so many a poll allow.
CLOSELY_EVERY = 3
CLOSELY_AT_ONCE = 2


def interval(quiet: int, jitter: float) -> float:
    """Return the seconds until the next poll.

    `quiet` counts the polls in a row that showed nothing new: news bring it back to the shortest
    interval, so that the end of a rollout is seen within a second. `jitter`, from 0 to 1, spreads
    several deploys over +-20 %. ECS sustains about 20 reads a second per account and region:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
    """
    growth = GROWTH ** min(max(0, quiet - PATIENT_POLLS), PATIENT_POLLS)
    base = min(LONGEST, SHORTEST * growth)
    return base * (1 + JITTER * (2 * jitter - 1))


def batches(services: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return `services` in groups of as many as one call may describe."""
    starts = range(0, len(services), SERVICES_A_CALL)
    return tuple(tuple(services[start : start + SERVICES_A_CALL]) for start in starts)


def closely(services: Sequence[str], polls: int) -> tuple[str, ...]:
    """Return those of `services` whose turn it is to be looked at closely, after `polls` polls."""
    period = max(CLOSELY_EVERY, ceil(len(services) / CLOSELY_AT_ONCE))
    return tuple(services[polls % period :: period])
