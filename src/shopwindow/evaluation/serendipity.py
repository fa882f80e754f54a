"""Serendipity: what was wanted and would not have been expected.

Legend: B requests of a part, R requests, T wanted items, N items, K places.
"""

from typing import Final

import numpy as np

from shopwindow.evaluation.metrics import Ranks, Values
from shopwindow.schema.arrays import Bool, Int64

FIRST_LOOK: Final = 64  # items; where that is not enough, eight times as many, and so on


def serendipity(ranks: Ranks, expected: Bool, k: int) -> Values:
    """[R] share of the first k that was wanted and that a primitive model would not have shown: precision beyond it.

    |(shown - expected) & wanted| / k. `expected [T]`: the primitive model has the wanted item among its own first k.
    M. Ge, C. Delgado-Battenfeld and D. Jannach, "Beyond accuracy: evaluating recommender systems by coverage and
    serendipity", RecSys 2010; their primitive model is popularity, too.
    """
    return ranks.per_request(((ranks.rank < k) & ~expected).astype(np.float64)) / k


def most_popular(counts: Int64, tie: Int64) -> Int64:
    """[N] rows by popularity, the most popular first; equal counts in the order `tie [N]` (larger first)."""
    order: Int64 = np.lexsort((tie, counts))[::-1].astype(np.int64)
    return order


def popular_among(allowed: Bool, order: Int64, k: int) -> Bool:
    """[B, N] the first k candidates of each request in `order [N]`; `allowed [B, N]`: the candidates."""
    found = np.zeros_like(allowed)
    open_, width = np.arange(len(allowed)), min(FIRST_LOOK, len(order))
    while len(open_):
        there = allowed[np.ix_(open_, order[:width])]
        number = np.cumsum(there, axis=1, dtype=np.int32)
        done = (number[:, -1] >= k) | (width == len(order))
        request, place = np.nonzero(there & (number <= k) & done[:, None])
        found[open_[request], order[place]] = True
        open_, width = open_[~done], min(len(order), 8 * width)
    return found
