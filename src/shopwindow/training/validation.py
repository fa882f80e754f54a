"""NDCG@10 on a fixed sample of validation requests or pages: what early stopping looks at."""

from itertools import pairwise

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.recommender import Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Bool, Float, Int64, Rows

BATCH = 256
DEPTH = 10


def sample(requests: RequestSet, limit: int, seed: int) -> RequestSet:
    """At most `limit` requests, drawn once by seed, in their order."""
    places = np.random.default_rng(seed).permutation(len(requests))[:limit]
    return requests.take(np.sort(places))


def ndcg_at_10(recommender: Recommender, dataset: Dataset, requests: RequestSet, exclude_seen: bool) -> float:
    """Mean NDCG@10 over requests, among the items of each request's category; 0 where there is no request."""
    total = 0.0
    for start in range(0, len(requests), BATCH):
        part = requests.part(start, min(start + BATCH, len(requests)))
        scores = recommender.scores(part)
        for place in range(len(part)):
            own = scores[place].copy()
            own[~_allowed(dataset, part, place, exclude_seen)] = -np.inf
            total += _ndcg(own, *_truth(part, place))
    return total / max(len(requests), 1)


def some_pages(pages: LoggedPages, limit: int, seed: int) -> LoggedPages:
    """At most `limit` pages, drawn once by seed, of those where some seen items were wanted and some not."""
    page = pages.page()
    wanted = np.bincount(page, weights=pages.gain > 0, minlength=len(pages))
    seen = np.bincount(page, weights=_judged(pages), minlength=len(pages))
    telling = np.flatnonzero((wanted > 0) & (wanted < seen))
    chosen = np.zeros(len(pages), dtype=np.bool_)
    chosen[np.random.default_rng(seed).permutation(telling)[:limit]] = True
    return pages.where(chosen)


def page_ndcg_at_10(scores: Float, pages: LoggedPages) -> float:
    """Mean NDCG@10 of `scores [I]` over pages, among the seen items of each page; 0 where there is no page."""
    total, judged = 0.0, _judged(pages)
    scores, pages = scores[judged], pages.only(judged)
    for first, last in pairwise(pages.offsets.tolist()):
        gain = pages.gain[first:last]
        wanted = np.flatnonzero(gain > 0)
        total += _ndcg(scores[first:last], wanted, gain[wanted])
    return total / max(len(pages), 1)


def _judged(pages: LoggedPages) -> Bool:
    """[I] known items that were seen: nobody said no to the others."""
    judged: Bool = pages.seen & (pages.row >= 0)
    return judged


def _allowed(dataset: Dataset, requests: RequestSet, place: int, exclude_seen: bool) -> Bool:
    allowed = np.ones(len(dataset.catalog), dtype=bool)
    node = int(requests.category[place])
    if node > 0:
        allowed[:] = False
        allowed[dataset.catalog.rows_in(node)] = True
    if exclude_seen:
        start = dataset.columns.offsets[requests.customer[place]]
        seen = dataset.item_row[start : requests.history_end[place]]
        allowed[seen[seen >= 0]] = False
    return allowed


def _truth(requests: RequestSet, place: int) -> tuple[Rows, Float]:
    truth = slice(int(requests.truth_offsets[place]), int(requests.truth_offsets[place + 1]))
    return requests.truth_rows[truth], requests.truth_gain[truth]


def _ndcg(scores: Float, rows: Rows | Int64, gain: Float) -> float:
    """`rows`: where among the scores what was wanted stands. Ties count against us: an item that scores the same as the
    target stands before it.
    """
    if not len(rows):
        return 0.0
    rank: Int64 = np.array([(scores >= scores[row]).sum() - 1 for row in rows])
    # items of the truth with equal scores would share a rank; their order is as given
    hit = (rank < DEPTH) & np.isfinite(scores[rows])
    ideal = np.sort(gain)[::-1][:DEPTH] / np.log2(np.arange(min(len(gain), DEPTH)) + 2)
    return float((gain[hit] / np.log2(rank[hit] + 2)).sum() / ideal.sum()) if ideal.sum() > 0 else 0.0
