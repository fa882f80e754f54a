"""Calibrators: from what a head says to a probability that means what it says.

Legend: n predictions of one head.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
EDGE: Final = 1e-7  # probabilities are kept so far from 0 and 1 where their logarithm is taken
STEPS: Final = 50
FARTHEST: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Platt:
    """A straight line on log-odds: logit = intercept + slope * logit(p); keeps the order.

    J. Platt, "Probabilistic outputs for support vector machines", 1999, on log-odds instead of margins.
    """

    slope: float
    intercept: float

    def calibrated(self, p: Values) -> Values:
        """[n] probabilities."""
        found: Values = 1 / (1 + np.exp(-(self.intercept + self.slope * log_odds(p))))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic:
    """A rising line through points (p, value), flat beyond the first and the last.

    B. Zadrozny and C. Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002.
    """

    p: tuple[float, ...]
    value: tuple[float, ...]

    def calibrated(self, p: Values) -> Values:
        """[n] probabilities."""
        found: Values = np.interp(p, self.p, self.value)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCalibration:
    """How one head's probabilities are read: `kept`, the share of its zeros that training saw, then the fitted curve."""

    kept: float
    curve: Platt | Isotonic

    def calibrated(self, p: Values) -> Values:
        """[n] probabilities."""
        return self.curve.calibrated(without_sampling(p, self.kept))


def without_sampling(p: Values, kept: float) -> Values:
    """[n] probabilities as if no negative had been left out in training, of which the share `kept` was read.

    p / (p + (1 - p) / kept): X. He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014, 6.3.
    Exact where every negative is kept with the same chance.
    """
    found: Values = p / (p + (1 - p) / kept)
    return found


def platt(p: Values, outcome: Values) -> Platt:
    """The line that makes `outcome [n]` most likely; where all p are equal, it only moves them to the base rate."""
    slope, intercept = slope_and_intercept(p, outcome)
    return (
        Platt(slope=slope, intercept=intercept) if slope == slope else Platt(slope=1.0, intercept=intercept)
    )


def isotonic(p: Values, outcome: Values) -> Isotonic:
    """The rising steps nearest to `outcome [n]` by squares, joined by lines; equal p have one value.

    Pool adjacent violators: Barlow et al., "Statistical inference under order restrictions", 1972.
    """
    at, place = np.unique(p, return_inverse=True)
    number = np.bincount(place).astype(np.float64)
    mean = np.bincount(place, weights=outcome) / number
    pools: list[tuple[float, float, int]] = []  # mean, weight, number of distinct p
    for value, weight in zip(mean.tolist(), number.tolist(), strict=True):
        size = 1
        while pools and pools[-1][0] >= value:
            before, more, others = pools.pop()
            value = (before * more + value * weight) / (more + weight)
            weight, size = weight + more, size + others
        pools.append((value, weight, size))
    last = np.cumsum([size for _, _, size in pools]) - 1
    ends = np.unique(np.append(last, np.append(0, last[:-1] + 1)))  # first and last of every pool
    fitted = np.repeat([value for value, _, _ in pools], [size for _, _, size in pools])
    return Isotonic(p=tuple(at[ends].tolist()), value=tuple(fitted[ends].tolist()))


def slope_and_intercept(p: Values, outcome: Values) -> tuple[float, float]:
    """Maximum-likelihood fit of logit P(outcome) = intercept + slope * logit(p), by Newton's method.

    D. R. Cox, "Two further applications of a model for binary regression", Biometrika 1958. Slope NaN where all
    predictions are equal; where p separates the outcomes both have no limit, and are large.
    """
    x = log_odds(p)
    if np.ptp(x) == 0:
        return float("nan"), float(log_odds(np.array([outcome.mean()]))[0] - x[0])
    design = np.stack([np.ones_like(x), x], axis=1)
    beta, loss = np.zeros(2), float(np.log(2))
    for _ in range(STEPS):
        fitted = 1 / (1 + np.exp(-design @ beta))
        curvature = (design * (fitted * (1 - fitted))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (outcome - fitted))
        while (after := _loss_at(design @ (beta + step), outcome)) > loss and np.abs(step).max() > 1e-10:
            step /= 2  # a full step can overshoot
        beta, loss = beta + step, min(after, loss)
        if np.abs(step).max() < 1e-9 or np.abs(beta).max() > FARTHEST:
            break
    return float(beta[1]), float(beta[0])


def log_odds(p: Values) -> Values:
    """log(p / (1 - p)), finite at 0 and 1, too."""
    q = np.clip(p, EDGE, 1 - EDGE)
    found: Values = np.log(q) - np.log1p(-q)
    return found


def _loss_at(logit: Values, outcome: Values) -> float:
    return float(np.mean(np.logaddexp(0, logit) - outcome * logit))
