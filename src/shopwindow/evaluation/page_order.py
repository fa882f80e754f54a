"""Page order, protocol 3: the pages that were really served, the shop's order against others on the same items.

Legend: P pages, I places of all pages together, T wanted items, B pages of a part.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.recommender import PageOrder, Recommender
from shopwindow.errors import ContractError, EvaluationError
from shopwindow.evaluation import metrics
from shopwindow.evaluation.metrics import Ranks, Values
from shopwindow.evaluation.protocol import Outcome
from shopwindow.schema.arrays import Bool, Float, Int64

NDCG_AT: Final = (6, 10, 24, 84)
YOURS: Final = "your order"
RANDOM: Final = "random order"
PART: Final = 256
TINY: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Shares of the pages on which a model's NDCG over the whole page is above, below or equal to the shop's own."""

    better: float
    worse: float
    equal: float


def tells(pages: LoggedPages) -> Bool:
    """[P] the page can tell two orders apart: some item was wanted, and not every one."""
    there = pages.row >= 0
    items = np.bincount(pages.page(), weights=there, minlength=len(pages))
    wanted = np.bincount(pages.page(), weights=pages.gain > 0, minlength=len(pages))
    found: Bool = (wanted > 0) & (wanted < items)
    return found


def your_order(pages: LoggedPages) -> Float:
    """[I] scores that give the order in which the shop showed the items: minus the place on the page."""
    return (-pages.position()).astype(np.float32)


def random_order(pages: LoggedPages, seed: int) -> Float:
    """[I] scores that give an order drawn for each page: what no knowledge at all reaches."""
    return np.random.default_rng(seed).random(len(pages.row), dtype=np.float32)


def order_of(model: Recommender | PageOrder, dataset: Dataset, pages: LoggedPages) -> Float:
    """[I] a model's scores of the items of each page; it sees the customer's events before the page only.

    Raises:
        ContractError: scores have the wrong shape or hold NaN.
    """
    found = model.page_order(pages) if isinstance(model, PageOrder) else _picked(model, dataset, pages)
    if found.shape != pages.row.shape:
        raise ContractError(f"scores are {found.shape}, expected {pages.row.shape}: one for each place")
    if np.isnan(found).any():
        raise ContractError("scores hold NaN, expected numbers")
    return found


def _picked(recommender: Recommender, dataset: Dataset, pages: LoggedPages) -> Float:
    """[I] the scores of each page's items among those of the whole catalogue."""
    found: Float = np.zeros(len(pages.row), dtype=np.float32)
    page, rows = pages.page(), np.maximum(pages.row, 0)
    for start in range(0, len(pages), PART):
        part = pages.requests.part(start, start + PART)
        scores = recommender.scores(part)
        if scores.shape != (len(part), dataset.num_items):
            raise ContractError(
                f"scores are {scores.shape}, expected {(len(part), dataset.num_items)}: one row per page, one column per item"
            )
        first, last = pages.offsets[start], pages.offsets[start + len(part)]
        found[first:last] = scores[page[first:last] - start, rows[first:last]]
    return found


def outcome_of(name: str, pages: LoggedPages, score: Float, seed: int = 0) -> Outcome:
    """How well an order puts first what was wanted on these very pages; `score [I]`, ties in random order.

    Raises:
        EvaluationError: there is no page.
    """
    if not len(pages):
        raise EvaluationError(
            "expected pages with some wanted and some other items, came none; actions have to name their page "
            "(page_id), or be attributed to it"
        )
    ranks = ranks_on_pages(pages, score, seed)
    size = int(ranks.num_candidates.max())
    values = {f"ndcg@{k}": metrics.ndcg(ranks, k) for k in NDCG_AT}
    values |= {
        "ndcg@page": metrics.ndcg(ranks, size),
        "mrr@20": metrics.reciprocal_rank(ranks, 20),
        "precision@6": metrics.precision(ranks, 6),
        "auc": metrics.auc(ranks),
    }
    return Outcome(name=name, protocol="replay", values=values, totals={}, customer=pages.requests.customer)


def compared(ours: Outcome, yours: Outcome) -> Compared:
    """Page by page."""
    difference: Values = ours.values["ndcg@page"] - yours.values["ndcg@page"]
    better, worse = float((difference > TINY).mean()), float((difference < -TINY).mean())
    return Compared(better=better, worse=worse, equal=1 - better - worse)


def ranks_on_pages(pages: LoggedPages, score: Float, seed: int) -> Ranks:
    """Ranks of the wanted items among the known items of their page."""
    there: Bool = pages.row >= 0
    page = pages.page()
    tie = np.random.default_rng(seed).permutation(len(score))
    order = np.lexsort((tie, -score, ~there, page))  # of each page: known items first, the best of them first
    place: Int64 = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - pages.offsets[page]
    wanted = pages.gain > 0
    return Ranks(
        request=page[wanted],
        rank=place[wanted],
        gain=pages.gain[wanted],
        num_candidates=np.bincount(page, weights=there, minlength=len(pages)).astype(np.int64),
    )
