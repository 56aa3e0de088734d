"""What the model sees: the same numbers when it is trained and when it is asked.

Each is 0 where it adds no risk, so that a coefficient is read as what the risk adds.
"""

from math import log1p

YOUNG, OLD = 25, 70  # years of age between which age alone adds no risk
NOVICE = 10  # years with a licence after which more add nothing
FAST = 90.0  # km/h on average over a trip, above which it was fast


def youth(age: float) -> float:
    """Decades below 25."""
    return max(0.0, YOUNG - age) / 10


def seniority(age: float) -> float:
    """Decades above 70."""
    return max(0.0, age - OLD) / 10


def inexperience(years_licensed: float) -> float:
    """1 on the day of the licence, 0 after ten years."""
    return max(0.0, NOVICE - years_licensed) / NOVICE


def harshness(harsh_brakes: float, distance_km: float) -> float:
    """Harsh brakes per 100 km, its logarithm: the tenth says less than the first."""
    return log1p(100 * harsh_brakes / distance_km)


def speed(distance_km: float, minutes: float) -> float:
    """How far the average speed lies above 90 km/h, in steps of 50 km/h; at most two steps, since
    what is faster is a box that measures wrongly.
    """
    return min(2.0, max(0.0, distance_km / minutes * 60 - FAST) / 50)
