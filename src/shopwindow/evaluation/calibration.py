"""Calibration: whether predicted probabilities mean what they say; one head at a time.

Legend: n predictions, b bins. `p [n]` in 0 .. 1 and `outcome [n]` in {0, 1} of one head (click, purchase ...).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.metrics import Values
from shopwindow.models.calibration import EDGE, slope_and_intercept
from shopwindow.schema.arrays import Int64

BINS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """The reliability curve: per bin the mean prediction, the share of positive outcomes, and the number."""

    predicted: Values  # [b]
    observed: Values  # [b]
    count: Int64  # [b]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One head's figures.

    `slope`, `intercept`: of logit(outcome) on logit(p), 1 and 0 where p is right; a slope below 1 says that p is too
    extreme. The intercept is read with the slope: it is what the logit lacks where p is 1/2, so at slope 1 one below 0
    says that p is too high, but a rare outcome with a slope below 1 has one below 0, too. `ece`: expected calibration error; `ece_relative`: over the base
    rate. `normalised_entropy`: log loss over that of the base rate; below 1 is better than knowing the base rate alone.
    """

    head: str
    n: int
    base_rate: float
    slope: float
    intercept: float
    ece: float
    ece_relative: float
    normalised_entropy: float


def calibration(head: str, p: Values, outcome: Values, bins: int = BINS) -> Calibration:
    """All figures of one head.

    Raises:
        EvaluationError: shapes differ, p is no probability, or the outcomes are all equal.
    """
    p, outcome = _checked(head, p, outcome)
    slope, intercept = slope_and_intercept(p, outcome)
    base, curve = float(outcome.mean()), reliability(p, outcome, bins)
    ece = float((curve.count * np.abs(curve.predicted - curve.observed)).sum() / len(p))
    return Calibration(
        head=head, n=len(p), base_rate=base, slope=slope, intercept=intercept, ece=ece,
        ece_relative=ece / base, normalised_entropy=normalised_entropy(p, outcome),
    )  # fmt: skip


def reliability(p: Values, outcome: Values, bins: int = BINS) -> Reliability:
    """Bins of (nearly) equal numbers of predictions: rates of a few per mille would all fall into the first of equal width.

    Equal predictions never stand in two bins. Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities
    using Bayesian binning", AAAI 2015 (ECE).
    """
    place = np.unique(p, return_inverse=True)[1]
    number = np.bincount(place)
    middle = np.cumsum(number) - number / 2  # of each distinct value among the sorted predictions
    bin_of = np.minimum((middle * bins / max(1, len(p))).astype(np.int64), bins - 1)[place]
    count = np.bincount(bin_of, minlength=bins)
    there = count > 0
    return Reliability(
        predicted=np.bincount(bin_of, weights=p, minlength=bins)[there] / count[there],
        observed=np.bincount(bin_of, weights=outcome, minlength=bins)[there] / count[there],
        count=count[there],
    )


def normalised_entropy(p: Values, outcome: Values) -> float:
    """Log loss of p over the log loss of always saying the base rate.

    X. He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014.
    """
    return log_loss(p, outcome) / log_loss(np.full(len(p), outcome.mean()), outcome)


def log_loss(p: Values, outcome: Values) -> float:
    """Mean of -log of the probability given to what happened, in nats."""
    q = np.clip(p, EDGE, 1 - EDGE)
    return float(-np.mean(outcome * np.log(q) + (1 - outcome) * np.log1p(-q)))


def _checked(head: str, p: Values, outcome: Values) -> tuple[Values, Values]:
    p, outcome = np.asarray(p, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if p.shape != outcome.shape or p.ndim != 1:
        raise EvaluationError(
            f"head {head}: expected one outcome per prediction, came {p.shape} and {outcome.shape}"
        )
    if not bool(((p >= 0) & (p <= 1)).all()):
        raise EvaluationError(f"head {head}: expected probabilities from 0 to 1, came {p.min()} to {p.max()}")
    if not np.isin(outcome, (0, 1)).all():
        raise EvaluationError(f"head {head}: expected outcomes 0 or 1, came others")
    if not 0 < outcome.mean() < 1:
        raise EvaluationError(f"head {head}: expected outcomes of both kinds, came {len(p)} equal ones")
    return p, outcome
