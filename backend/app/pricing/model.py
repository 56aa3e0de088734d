"""A Poisson regression: expected claims are exp(intercept + coefficients x features).

Being exponential, it is a base rate times a factor for each feature, which is how insurers say
it, and a driver can check it. Pure: no file, no clock.
https://en.wikipedia.org/wiki/Poisson_regression
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import exp
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from . import features

CENT = Decimal("0.01")
MONTHS = 12

# Each factor that is told, and the features behind it.
PROFILE = {"age": ("youth", "seniority"), "experience": ("inexperience",)}
BEHAVIOUR = {
    "harsh braking": ("harshness",),
    "night driving": ("night_share",),
    "speed": ("speed",),
}


@dataclass(frozen=True)
class TripFacts:
    """`night_share` is the part of the trip driven by night, 0 to 1."""

    distance_km: float
    minutes: float
    harsh_brakes: int
    night_share: float

    def features(self) -> dict[str, float]:
        return {
            "harshness": features.harshness(self.harsh_brakes, self.distance_km),
            "night_share": self.night_share,
            "speed": features.speed(self.distance_km, self.minutes),
        }


@dataclass(frozen=True)
class Profile:
    """Years; without a licence's year, `years_licensed` is None."""

    age: int
    years_licensed: int | None

    @classmethod
    def at(cls, year: int, birth_year: int, licence_year: int | None) -> Self:
        licensed = None if licence_year is None else max(0, year - licence_year)
        return cls(year - birth_year, licensed)

    def features(self) -> dict[str, float]:
        """What is not known is left out."""
        known = {"youth": features.youth(self.age), "seniority": features.seniority(self.age)}
        if self.years_licensed is not None:
            known["inexperience"] = features.inexperience(self.years_licensed)
        return known


@dataclass(frozen=True)
class Behaviour:
    """The sums over all trips of a driver."""

    distance_km: float
    minutes: float
    harsh_brakes: int
    night_km: float

    def features(self) -> dict[str, float]:
        if not self.distance_km:
            return {}
        night_share = self.night_km / self.distance_km
        return TripFacts(self.distance_km, self.minutes, self.harsh_brakes, night_share).features()


@dataclass(frozen=True)
class Quote:
    """`factors` by name; base_premium times all of them is monthly_premium."""

    base_premium: Decimal
    factors: dict[str, float]
    monthly_premium: Decimal


class Model(BaseModel):
    """`means` are those of all drivers it was trained on: what is not known of a driver counts as
    average, with a factor of 1. `credibility_km` is the distance after which a driver's own trips
    count for half.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    currency: str
    intercept: float
    coefficients: dict[str, float]
    means: dict[str, float]
    claim_cost: float = Field(gt=0)
    expenses: float = Field(ge=0)
    credibility_km: float = Field(gt=0)

    def score(self, trip: TripFacts) -> int:
        """100 for a trip that adds no risk, 50 for one that doubles it."""
        known = trip.features()
        added = sum(self.coefficients[name] * value for name, value in known.items())
        return round(100 / max(1.0, exp(added)))

    def quote(self, profile: Profile, behaviour: Behaviour) -> Quote:
        factors = self.effects(PROFILE, profile.features(), 1.0)
        factors |= self.effects(
            BEHAVIOUR, behaviour.features(), self.credibility(behaviour.distance_km)
        )
        base = self.base_premium()
        premium = base
        for effect in factors.values():
            premium *= Decimal(str(effect))
        return Quote(base, factors, premium.quantize(CENT, ROUND_HALF_UP))

    def base_premium(self) -> Decimal:
        """A month's price of the average driver: claims a year, their cost, and our expenses."""
        average = sum(self.coefficients[name] * mean for name, mean in self.means.items())
        yearly = exp(self.intercept + average) * self.claim_cost * (1 + self.expenses)
        return Decimal(str(yearly / MONTHS)).quantize(CENT, ROUND_HALF_UP)

    def credibility(self, distance_km: float) -> float:
        """How much the driver's own trips count: 0 without any, towards 1 with many (Bühlmann).

        https://en.wikipedia.org/wiki/B%C3%BChlmann_model
        """
        return distance_km / (distance_km + self.credibility_km)

    def effects(
        self, names: Mapping[str, tuple[str, ...]], known: dict[str, float], weight: float
    ) -> dict[str, float]:
        """Each factor against the average driver; four decimals, which is what is told."""
        return {
            name: round(exp(weight * sum(self.deviation(part, known) for part in parts)), 4)
            for name, parts in names.items()
        }

    def deviation(self, feature: str, known: dict[str, float]) -> float:
        mean = self.means[feature]
        return self.coefficients[feature] * (known.get(feature, mean) - mean)
