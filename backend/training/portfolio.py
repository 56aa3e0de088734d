"""Synthetic drivers with a year of telematics and the claims they had.

Nobody's data, but with a known truth: what the training finds can be held against TRUTH.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pricing import features

Column = NDArray[np.float64]

# Log of claims a year of somebody without any risk, and what each feature adds to it.
BASE_RATE = -3.0
TRUTH = {
    "youth": 0.8,
    "seniority": 0.35,
    "inexperience": 0.5,
    "harshness": 0.3,
    "night_share": 0.9,
    "speed": 0.6,
}


@dataclass(frozen=True)
class Portfolio:
    """A value of each column for each driver; `exposure` in years insured."""

    features: dict[str, Column]
    exposure: Column
    claims: Column


def draw(drivers: int, seed: int) -> Portfolio:
    """RandomState, because its stream is frozen: the same seed gives the same drivers for ever.

    https://numpy.org/doc/stable/reference/random/legacy.html
    """
    random = np.random.RandomState(seed)
    age = random.uniform(17, 90, drivers)
    licensed = random.uniform(0, 1, drivers) * (age - 17)
    km = random.gamma(4, 3000, drivers)
    columns = {
        "youth": np.vectorize(features.youth)(age),
        "seniority": np.vectorize(features.seniority)(age),
        "inexperience": np.vectorize(features.inexperience)(licensed),
        "harshness": np.vectorize(features.harshness)(random.poisson(km / 100 * 0.8), km),
        "night_share": random.beta(1, 9, drivers),
        "speed": np.vectorize(features.speed)(km, km / random.gamma(12, 6, drivers) * 60),
    }
    exposure = random.uniform(0.2, 1, drivers)
    rate = np.exp(BASE_RATE + sum(TRUTH[name] * column for name, column in columns.items()))
    return Portfolio(columns, exposure, random.poisson(rate * exposure).astype(float))
