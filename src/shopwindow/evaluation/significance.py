"""Significance: intervals of means and of paired differences, by a bootstrap and by a t-test; customers are the unit.

Legend: R requests, M columns (models or metrics), C customers, D draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.metrics import Values
from shopwindow.schema.arrays import Int32

DRAWS: Final = 1000
DRAWS_AT_ONCE: Final = 50
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class TTest:
    """A paired t-test: the standard error of the mean difference, degrees of freedom (customers - 1), two-sided p."""

    standard_error: float
    t: float
    degrees: int
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean (or a difference of means) with its 95 % interval.

    `p`: two-sided, of no difference from 0; NaN where that is not asked.
    """

    value: float
    low: float
    high: float
    n: int
    p: float = float("nan")

    @property
    def decided(self) -> bool:
        """The interval leaves out 0."""
        return self.low > 0 or self.high < 0


def bootstrap_means(values: Values, customer: Int32, seed: int, draws: int = DRAWS) -> Values:
    """[D, M] means of `values [R, M]` over resampled customers, all requests of a customer together; NaN left out.

    All columns see the same draws, so their differences are paired. Field and Welsh, "Bootstrapping clustered
    data", JRSS B 2007.

    Raises:
        EvaluationError: there is no request.
    """
    if not len(values):
        raise EvaluationError("expected requests to resample, came none")
    _, cluster = np.unique(customer, return_inverse=True)
    num = int(cluster.max()) + 1
    there = ~np.isnan(values)
    sums = np.stack([np.bincount(cluster, column, num) for column in np.where(there, values, 0.0).T], axis=1)
    counts = np.stack([np.bincount(cluster, column, num) for column in there.astype(np.float64).T], axis=1)
    rng, means = np.random.default_rng(seed), []
    for start in range(0, draws, DRAWS_AT_ONCE):
        some = min(DRAWS_AT_ONCE, draws - start)
        drawn = rng.integers(0, num, (some, num)) + num * np.arange(some)[:, None]
        weight = np.bincount(drawn.ravel(), minlength=some * num).reshape(some, num).astype(np.float64)
        total = weight @ counts
        means.append(np.where(total > 0, (weight @ sums) / np.maximum(total, 1), np.nan))
    return np.concatenate(means)


def interval_of(value: float, draws: Values, n: int) -> Interval:
    """`value`, found from n of something, with the middle 95 % of its `draws [D]` (NaN left out).

    The percentile interval: B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
    """
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value=value, low=float(low), high=float(high), n=n)


def mean_interval(values: Values, customer: Int32, seed: int = 0) -> Interval:
    """Mean of `values [R]` (NaN left out) with its interval."""
    draws = bootstrap_means(values[:, None], customer, seed)[:, 0]
    return interval_of(float(np.nanmean(values)), draws, int((~np.isnan(values)).sum()))


def paired_difference(ours: Values, theirs: Values, customer: Int32, seed: int = 0) -> Interval:
    """Mean of ours - theirs over the same requests, with interval and p.

    p = 2 (b + 1) / (D + 1), b of the D draws on the other side of 0: never less than so many draws can tell.
    A. Davison and D. Hinkley, "Bootstrap methods and their application", 1997, section 4.2.

    Raises:
        EvaluationError: the two are not over the same number of requests.
    """
    if ours.shape != theirs.shape:
        raise EvaluationError(f"expected values of the same requests, came {len(ours)} and {len(theirs)}")
    difference = ours - theirs
    draws = bootstrap_means(difference[:, None], customer, seed)[:, 0]
    found = interval_of(float(np.nanmean(difference)), draws, int((~np.isnan(difference)).sum()))
    beyond = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return replace(found, p=min(1.0, 2 * (beyond + 1) / (len(draws) + 1)))


def paired_t_test(ours: Values, theirs: Values, customer: Int32) -> TTest:
    """Student's t-test of the same mean difference as `paired_difference`, customers as the unit.

    A customer's requests are not independent of one another, so the mean over requests is taken as the ratio of two
    means over customers and linearised: each customer counts with (sum of differences - mean * requests) / mean
    number of requests. With one request per customer this is the ordinary paired t-test. NaN with fewer than two
    customers; p = 1 where nothing differs.

    A. Deng, U. Knoblich and J. Lu, "Applying the delta method in metric analytics", KDD 2018.

    Raises:
        EvaluationError: the two are not over the same number of requests.
    """
    from scipy import stats  # of the training extra: serving never tests

    if ours.shape != theirs.shape:
        raise EvaluationError(f"expected values of the same requests, came {len(ours)} and {len(theirs)}")
    difference = ours - theirs
    there = ~np.isnan(difference)
    _, cluster = np.unique(customer[there], return_inverse=True)
    counts = np.bincount(cluster).astype(np.float64)
    degrees = len(counts) - 1
    if degrees < 1:
        return TTest(standard_error=float("nan"), t=float("nan"), degrees=degrees, p=float("nan"))
    mean = float(difference[there].mean())
    sums = np.bincount(cluster, weights=difference[there])
    linear = (sums - mean * counts) / counts.mean()
    error = float(np.sqrt(linear @ linear / degrees / len(counts)))
    if error == 0:
        return TTest(standard_error=0.0, t=math.copysign(math.inf, mean) if mean else 0.0,
                     degrees=degrees, p=0.0 if mean else 1.0)  # fmt: skip
    t = mean / error
    return TTest(standard_error=error, t=t, degrees=degrees, p=float(2 * stats.t.sf(abs(t), degrees)))


def holm(p: Sequence[float]) -> list[float]:
    """P adjusted for as many comparisons as there are. Holm, Scandinavian Journal of Statistics 1979."""
    order = sorted(range(len(p)), key=lambda place: p[place])
    adjusted, largest = [1.0] * len(p), 0.0
    for step, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - step) * p[place]))
        adjusted[place] = largest
    return adjusted
