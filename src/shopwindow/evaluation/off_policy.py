"""Off-policy: what another order would have earned, estimated from pages whose order was drawn with known chances.

Legend: P pages, D first places that count, I places of all pages together, N items.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.metrics import Values
from shopwindow.evaluation.significance import Interval, bootstrap_means, interval_of
from shopwindow.schema.arrays import Int32

Reading = Literal["cascade", "independent"]
FEWEST_EFFECTIVE: Final = 30.0
MEAN_WEIGHT: Final = (0.75, 4 / 3)
ASSUMES: Final[dict[Reading, str]] = {
    "cascade": "a propensity is the chance of the item at its place given the items above; what an item earns depends on "
    "itself and those above",
    "independent": "a propensity is the chance of the item at its place, whatever stands elsewhere; what an item earns "
    "depends on itself and its place",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OffPolicyValue:
    """Gain per page within the first places: as logged, and estimated for the other order.

    `ips`: unbiased, wide. `snips`: weights normalised to 1 at each place, slightly biased, much narrower; `difference`:
    snips - logged. `effective`: the number of pages that as much weight would be if it were equal (the smallest of all
    places). `mean_weight`: the mean farthest from 1 of all places. It is near 1 where the logged order could show all that
    the other would; less is support that is missing, more are propensities or candidates that do not fit the log.
    `assumes`: in words.
    """

    logged: Interval
    ips: Interval
    snips: Interval
    difference: Interval
    pages: int
    effective: float
    mean_weight: float
    assumes: str


def weights(new: Values, logged: Values, reading: Reading) -> Values:
    """[P, D] importance weights from the chances of the shown items under the new and the logged order [P, D].

    cascade: the product of new/logged down to each place; independent: new/logged at each place. Places that were empty
    have logged = NaN and the ratio 1: a page ends where it ends, whatever the order.

    J. McInerney et al., "Counterfactual evaluation of slate recommendations with sequential reward interactions", KDD
    2020 (cascade); S. Li et al., "Offline evaluation of ranking policies with click models", KDD 2018 (independent).

    Raises:
        EvaluationError: a logged chance is not above 0 and at most 1.
    """
    known = ~np.isnan(logged)
    if not bool(((logged[known] > 0) & (logged[known] <= 1 + 1e-6)).all()):
        raise EvaluationError("expected propensities above 0 and at most 1, came others")
    ratio: Values = np.where(known, new / np.where(known, logged, 1.0), 1.0)
    found: Values = np.cumprod(ratio, axis=1, dtype=np.float64) if reading == "cascade" else ratio
    return found


def off_policy_value(
    reward: Values, weight: Values, customer: Int32, reading: Reading, seed: int = 0
) -> OffPolicyValue:
    """The new order's gain per page from logged gains `reward [P, D]` and `weight [P, D]`; intervals over customers.

    `reward` is 0 at empty places; nothing is NaN. SNIPS per place: sum(weight * reward) / sum(weight). A. Swaminathan and T. Joachims, "The self-normalized
    estimator for counterfactual learning", NeurIPS 2015. Effective sample size: Kish, "Survey sampling", 1965.

    Raises:
        EvaluationError: there is no page, or the log shows too little of what the new order would show.
    """
    if not len(reward):
        raise EvaluationError("expected pages with propensities, came none")
    places = reward.shape[1]
    total = weight.sum(axis=0)
    effective = float((total**2 / np.maximum((weight**2).sum(axis=0), 1e-300)).min())
    means = weight.mean(axis=0)
    mean_weight = float(means[np.argmax(np.abs(means - 1))])
    if effective < FEWEST_EFFECTIVE or not MEAN_WEIGHT[0] <= mean_weight <= MEAN_WEIGHT[1]:
        raise EvaluationError(
            f"the logged pages cannot tell: expected at least {FEWEST_EFFECTIVE:.0f} effective pages and a mean weight "
            f"near 1, came {effective:.1f} of {len(reward):,} and {mean_weight:.2f}; the log shows too little of what "
            "the new order would show. Look at fewer places, make the new order softer, or log more exploration"
        )
    draws = bootstrap_means(np.concatenate([reward, weight * reward, weight], axis=1), customer, seed)
    logged, ips = draws[:, :places].sum(axis=1), draws[:, places : 2 * places].sum(axis=1)
    with_zero = np.maximum(draws[:, 2 * places :], 1e-300)
    snips = (draws[:, places : 2 * places] / with_zero).sum(axis=1)
    value = float(((weight * reward).sum(axis=0) / total).sum())
    seen = float(reward.sum(axis=1).mean())
    return OffPolicyValue(
        logged=interval_of(seen, logged, len(reward)),
        ips=interval_of(float((weight * reward).sum(axis=1).mean()), ips, len(reward)),
        snips=interval_of(value, snips, len(reward)),
        difference=interval_of(value - seen, snips - logged, len(reward)),
        pages=len(reward),
        effective=effective,
        mean_weight=mean_weight,
        assumes=ASSUMES[reading],
    )
