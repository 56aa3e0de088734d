"""The fit: Poisson regression with exposure, by iteratively reweighted least squares.

McCullagh and Nelder, Generalized Linear Models, 2nd edition, section 2.5.
"""

import numpy as np

from .portfolio import Column, Portfolio

TOLERANCE = 1e-10
STEPS = 50


def fit(portfolio: Portfolio) -> dict[str, float]:
    """The coefficient of each feature, and `intercept`; ArithmeticError if it finds none."""
    names = ["intercept", *portfolio.features]
    rows = np.column_stack([np.ones_like(portfolio.exposure), *portfolio.features.values()])
    found = np.zeros(len(names))
    found[0] = np.log(portfolio.claims.sum() / portfolio.exposure.sum())
    for _ in range(STEPS):
        step = newton(rows, found, portfolio)
        found += step
        if np.abs(step).max() < TOLERANCE:
            return dict(zip(names, found.tolist(), strict=True))
    raise ArithmeticError(f"no fit after {STEPS} steps")


def newton(rows: Column, found: Column, portfolio: Portfolio) -> Column:
    """One step: the score over the Fisher information."""
    expected = portfolio.exposure * np.exp(rows @ found)
    information = rows.T @ (rows * expected[:, np.newaxis])
    score = rows.T @ (portfolio.claims - expected)
    return np.asarray(np.linalg.solve(information, score), dtype=np.float64)
