"""Head weights: how other weights of a ranker's heads would have ordered the logged pages, and what that would be worth.

Legend: P pages, I places of all pages together, H heads, V weight vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.datasets.pages import LoggedPages
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.metrics import Values
from shopwindow.evaluation.significance import Interval, mean_interval, paired_difference
from shopwindow.schema.arrays import Bool, Float, Int64

PLACES: Final = 6
TRIED: Final = 60  # mixtures beside the values themselves and each head alone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """What each weight vector reaches on the pages that weights were not chosen on.

    `weights [V, H]`: first the values as they are, then each head alone, then mixtures; largest 1. `ndcg [V, H]`: NDCG@6
    of each head's action over the pages that had it, 0 for an action that none had. `worth [V]`: mean value per page. `front [V]`: no other vector is better for some head
    and worse for none. `chosen`: worth most on the other pages. `gain`: its worth minus that of the values as they are.
    """

    weights: Values
    ndcg: Values
    worth: tuple[Interval, ...]
    front: Bool
    chosen: int
    gain: Interval


def weighed(pages: LoggedPages, acted: Bool, p: Float, values: Sequence[float], seed: int = 0) -> Weighed:
    """Weights chosen on the pages of half of the customers, and judged on those of the others.

    `acted`, `p` [I, H]: what happened and what the heads expected; `values [H]`: what one action of each head is worth.
    An action counts by the place where its item would stand: 1 / log2(place + 2) on the first 6, else nothing. So the
    worth is that of the pages if attention fell like that and the customers did what they did.

    Raises:
        EvaluationError: fewer than two customers: nobody is left to judge by.
    """
    tried = mixtures(values, p.mean(axis=0), seed)
    customers = np.unique(pages.requests.customer)
    if len(customers) < 2:
        raise EvaluationError(f"expected served pages of at least two customers, came {len(customers)}")
    half = np.random.default_rng(seed).permutation(customers)[: len(customers) // 2]
    learning = np.isin(pages.requests.customer, half)
    judging = ~learning
    gained = np.stack([discounted(pages, acted, p @ weights.astype(np.float32)) for weights in tried])
    worth = gained @ np.asarray(values, dtype=np.float64)  # [V, P]
    ideal = np.stack([_ideal(pages, acted[:, head]) for head in range(acted.shape[1])], axis=1)
    told = (ideal > 0) & judging[:, None]
    relative = np.where(told, gained / np.where(told, ideal, 1.0), 0.0).sum(axis=1)
    ndcg = relative / np.maximum(told.sum(axis=0), 1)
    chosen = int(worth[:, learning].mean(axis=1).argmax())
    who = pages.requests.customer[judging]
    return Weighed(
        weights=tried,
        ndcg=ndcg,
        worth=tuple(mean_interval(each, who, seed) for each in worth[:, judging]),
        front=pareto(ndcg),
        chosen=chosen,
        gain=paired_difference(worth[chosen, judging], worth[0, judging], who, seed),
    )


def mixtures(values: Sequence[float], base_rates: Float, seed: int) -> Values:
    """[V, H] the values, each head alone, and TRIED mixtures in which heads count by shares, whatever their base rates."""
    shares = np.random.default_rng(seed).dirichlet(np.ones(len(values)), TRIED)
    mixed = shares / np.maximum(np.asarray(base_rates, dtype=np.float64), 1e-12)
    found = np.concatenate([np.asarray(values, dtype=np.float64)[None], np.eye(len(values)), mixed])
    scaled: Values = found / found.max(axis=1, keepdims=True)
    return scaled


def discounted(pages: LoggedPages, acted: Bool, score: Float) -> Values:
    """[P, H] sum of each head's actions on a page, each by the place at which `score [I]` puts its item."""
    place = _places(pages, score)
    weight = np.where(place < PLACES, 1 / np.log2(place + 2.0), 0.0)
    page = pages.page()
    columns = [np.bincount(page, weights=weight * each, minlength=len(pages)) for each in acted.T]
    return np.stack(columns, axis=1).astype(np.float64)


def pareto(reached: Values) -> Bool:
    """[V] rows of `reached [V, H]` that no other row equals everywhere and beats somewhere."""
    no_worse = np.all(reached[None] >= reached[:, None], axis=2)
    better: Bool = no_worse & np.any(reached[None] > reached[:, None], axis=2)
    best: Bool = ~np.any(better, axis=1)
    return best


def _ideal(pages: LoggedPages, acted: Bool) -> Values:
    """[P] the most that `discounted` can give."""
    return discounted(pages, acted[:, None], acted.astype(np.float32))[:, 0]


def _places(pages: LoggedPages, score: Float) -> Int64:
    """[I] place on its page, 0 = first; unknown items last, ties by the logged order."""
    page = pages.page()
    order = np.lexsort((-score, pages.row < 0, page))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - pages.offsets[page]
    return place
