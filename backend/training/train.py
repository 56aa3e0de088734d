"""From drivers and their claims to the artefact that the service loads."""

import hashlib
import json

from app.pricing.loading import MODEL
from app.pricing.model import Model

from .fit import fit
from .portfolio import Portfolio, draw

DRIVERS = 100_000
SEED = 20_261_122
DECIMALS = 6

# Not learnt, decided: euros for a claim, what we need on top of claims, and how soon a driver's
# own trips count.
CLAIM_COST = 4200.0
EXPENSES = 0.25
CREDIBILITY_KM = 500.0


def trained() -> Model:
    portfolio = draw(DRIVERS, SEED)
    coefficients = {name: round(value, DECIMALS) for name, value in fit(portfolio).items()}
    return Model(
        version=f"poisson-{digest(coefficients)}",
        currency="EUR",
        intercept=coefficients.pop("intercept"),
        coefficients=coefficients,
        means=means(portfolio),
        claim_cost=CLAIM_COST,
        expenses=EXPENSES,
        credibility_km=CREDIBILITY_KM,
    )


def means(portfolio: Portfolio) -> dict[str, float]:
    return {
        name: round(float(column.mean()), DECIMALS) for name, column in portfolio.features.items()
    }


def digest(coefficients: dict[str, float]) -> str:
    """Another fit is another version: a price can be told by which model it was made."""
    return hashlib.sha256(json.dumps(coefficients, sort_keys=True).encode()).hexdigest()[:8]


def write(model: Model) -> None:
    MODEL.write_text(model.model_dump_json(indent=2) + "\n")
