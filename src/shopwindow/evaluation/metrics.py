"""Accuracy: metrics from the ranks of what was wanted.

Legend: R requests, T wanted items of all requests together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shopwindow.schema.arrays import Bool, Float, Int64

Values = NDArray[np.float64]
MISSED: Final = np.iinfo(np.int64).max
"""Rank of a wanted item that was no candidate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranks:
    """Where the wanted items came out.

    `request [T]`, non-decreasing; `rank [T]`, 0 = first, MISSED = no candidate; `gain [T]` > 0;
    `num_candidates [R]`, wanted ones included.
    """

    request: Int64
    rank: Int64
    gain: Float
    num_candidates: Int64

    def per_request(self, values: Values) -> Values:
        """[R] sum over each request's wanted items."""
        sums: Values = np.bincount(self.request, weights=values, minlength=len(self.num_candidates)).astype(
            np.float64
        )
        return sums

    def num_wanted(self) -> Values:
        return self.per_request(np.ones(len(self.request), dtype=np.float64))


def recall(ranks: Ranks, k: int) -> Values:
    """[R] share of the wanted items among the first k."""
    return ranks.per_request((ranks.rank < k).astype(np.float64)) / ranks.num_wanted()


def recall_of(ranks: Ranks, chosen: Bool, k: int) -> Values:
    """[R] share of the chosen wanted items (`chosen [T]`) among the first k; NaN where there are none."""
    number = ranks.per_request(chosen.astype(np.float64))
    hits = ranks.per_request((chosen & (ranks.rank < k)).astype(np.float64))
    return np.where(number > 0, hits / np.maximum(number, 1), np.nan)


def precision(ranks: Ranks, k: int) -> Values:
    """[R] share of the first k that was wanted."""
    return ranks.per_request((ranks.rank < k).astype(np.float64)) / k


def hit_rate(ranks: Ranks, k: int) -> Values:
    """[R] 1 where any wanted item is among the first k, else 0."""
    return (ranks.per_request((ranks.rank < k).astype(np.float64)) > 0).astype(np.float64)


def ndcg(ranks: Ranks, k: int) -> Values:
    """[R] sum of gain / log2(rank + 2) over the first k, relative to the best order of the wanted items.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with linear gain.
    """
    shown = np.where(ranks.rank < k, ranks.rank, 0)
    found = np.where(ranks.rank < k, ranks.gain / np.log2(shown + 2.0), 0.0)
    order = np.lexsort((-ranks.gain, ranks.request))
    starts = np.searchsorted(ranks.request, ranks.request, side="left")
    place = np.arange(len(order)) - starts  # of the best order, within the request
    ideal = np.where(place < k, ranks.gain[order] / np.log2(place + 2.0), 0.0)
    return ranks.per_request(found) / ranks.per_request(ideal)


def reciprocal_rank(ranks: Ranks, k: int) -> Values:
    """[R] 1 / place of the first wanted item, 0 if it is not among the first k."""
    best = np.full(len(ranks.num_candidates), MISSED, dtype=np.int64)
    np.minimum.at(best, ranks.request, ranks.rank)
    return np.where(best < k, 1.0 / (np.minimum(best, k) + 1.0), 0.0)


def auc(ranks: Ranks) -> Values:
    """[R] share of pairs (wanted, unwanted candidate) in the right order; a wanted non-candidate is last.

    NaN where every candidate was wanted.
    """
    order = np.lexsort((ranks.rank, ranks.request))
    request, rank = ranks.request[order], ranks.rank[order]
    wanted_above = np.arange(len(order)) - np.searchsorted(request, request, side="left")
    present = (rank != MISSED).astype(np.float64)
    unwanted = ranks.num_candidates - np.bincount(
        request, weights=present, minlength=len(ranks.num_candidates)
    )
    above = np.where(rank == MISSED, unwanted[request], rank - wanted_above)
    right = 1.0 - above / np.maximum(unwanted[request], 1)
    mean = np.bincount(request, weights=right, minlength=len(unwanted)) / ranks.num_wanted()
    return np.where(unwanted > 0, mean, np.nan)
