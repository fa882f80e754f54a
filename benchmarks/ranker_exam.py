"""What rankers are asked: orders of logged pages, and of whole lists of a category.

Legend: P pages, I places of all pages together, K candidates.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shopwindow.baselines.popularity import RecentPopularity
from shopwindow.baselines.shortlist import first_items
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.made_pages import pages_of
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.split import Split
from shopwindow.evaluation.diversity import longest_run
from shopwindow.evaluation.metrics import Values
from shopwindow.evaluation.page_order import outcome_of, tells
from shopwindow.schema.arrays import Bool, Float, Rows

STRONG: Final = ("wishlist", "cart")
"""The actions that the reference's tables count."""
LISTED: Final = 500
NEW_MS: Final = 7 * 86_400_000
DEPTHS: Final = (6, 84)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageExam:
    """Pages whose items are to be put in order.

    `pages`: everything that was listed, as models read it; `judged [I]`: what takes part in the metrics.
    """

    name: str
    dataset: Dataset
    pages: LoggedPages
    judged: Bool

    def values(self, score: Float) -> dict[str, Values]:
        """Metric -> [P], NaN where it does not apply; `score [I]`, higher is better."""
        pages, score = self.pages.only(self.judged), score[self.judged]
        found = _accuracy(pages, score, "")
        names = self.dataset.shop.action_names
        strong: Bool = np.any(pages.acted[:, [names.index(name) for name in STRONG]], axis=1)
        found |= _accuracy(replace(pages, gain=strong.astype(np.float32)), score, " wishlist+cart")
        return found | self._lists(pages, score)

    def _lists(self, pages: LoggedPages, score: Float) -> dict[str, Values]:
        """Runs of one brand, and how much of what was wanted and new stands first."""
        order = np.lexsort((-score, pages.row < 0, pages.page()))
        ranked = LoggedPages(
            requests=pages.requests, offsets=pages.offsets, row=pages.row[order], acted=pages.acted[order],
            gain=pages.gain[order], propensity=pages.propensity[order], seen=pages.seen[order],
        )  # fmt: skip
        brand, found = self.dataset.brand_codes(), {}
        rows = ranked.by_page()
        page, position = ranked.page(), ranked.position()
        age = ranked.requests.at_ms[page] - self.dataset.catalog.first_seen_ms[ranked.row]
        fresh = (ranked.gain > 0) & (age < NEW_MS) & (ranked.row >= 0)
        number = np.bincount(page, weights=fresh, minlength=len(ranked)).astype(np.float64)
        for depth in DEPTHS:
            first = rows[:, :depth]
            if rows.shape[1] >= depth:
                labels = np.where(first >= 0, brand[np.maximum(first, 0)], -1).astype(np.int32)
                found[f"brand run@{depth}"] = longest_run(labels)
            hit = np.bincount(page, weights=fresh & (position < depth), minlength=len(ranked))
            found[f"new-item recall@{depth}"] = np.where(number > 0, hit / np.maximum(number, 1), np.nan)
        return found


def logged_exam(dataset: Dataset, pages: LoggedPages, split: Split, most: int) -> PageExam:
    """Pages of the test period that tell orders apart, judged by what came into view."""
    late = pages.where(pages.requests.at_ms >= split.test.at_ms.min())
    whole = _some(late.where(tells(late.only(late.seen))), most)
    return PageExam(name="logged pages", dataset=dataset, pages=whole, judged=whole.seen)


def list_exam(dataset: Dataset, pages: LoggedPages, split: Split, most: int) -> PageExam:
    """For pages of the test period inside a category: its LISTED items of highest recent popularity, to be put in order.

    Wanted items that are not among them are left out; what the shop had not shown counts as not wanted.
    """
    late = pages.where((pages.requests.at_ms >= split.test.at_ms.min()) & (pages.requests.category > 0))
    some = _some(late.where(tells(late)), most)
    popular = RecentPopularity(window_ms=NEW_MS).fit(dataset, split.before_test)
    lists = []
    for place in range(len(some)):
        request = some.requests.part(place, place + 1)
        there = np.zeros(dataset.num_items, dtype=np.bool_)
        there[dataset.catalog.rows_in(int(request.category[0]))] = True
        there &= dataset.catalog.first_seen_ms < request.at_ms[0]
        scores = np.where(there, popular.scores(request)[0], -np.inf)[None]
        rows = first_items(scores, LISTED)[0]
        lists.append(np.sort(rows[there[rows]]))
    whole = listed(dataset, some, lists)
    return PageExam(
        name="category lists", dataset=dataset, pages=whole, judged=np.ones(len(whole.row), np.bool_)
    )


def listed(dataset: Dataset, pages: LoggedPages, lists: list[Rows]) -> LoggedPages:
    """The same pages with other items on them; what was done on the page counts for those that stood there, too."""
    size = np.array([len(each) for each in lists], dtype=np.int64)
    offsets = np.append(0, np.cumsum(size)).astype(np.int64)
    row, page = np.concatenate(lists).astype(np.int32), np.repeat(np.arange(len(lists)), size)
    acted = np.zeros((len(row), pages.acted.shape[1]), dtype=np.bool_)
    key = page.astype(np.int64) * dataset.num_items + row
    known = pages.row >= 0
    logged = (pages.page() * dataset.num_items + pages.row)[known]
    place = np.searchsorted(key, logged)
    there = (place < len(key)) & (key[np.minimum(place, len(key) - 1)] == logged)
    acted[place[there]] = pages.acted[known][there]
    return pages_of(dataset, pages.requests, offsets, row, acted)


def _accuracy(pages: LoggedPages, score: Float, of: str) -> dict[str, Values]:
    chosen = tells(pages)
    found = {}
    if chosen.any():
        outcome = outcome_of("", pages.where(chosen), score[chosen[pages.page()]])
        for name in ("ndcg@6", "ndcg@84", "auc", "precision@6", "mrr@20"):
            values = np.full(len(pages), np.nan)
            values[chosen] = outcome.values[name]
            found[name + of] = values
    return found


def _some(pages: LoggedPages, most: int) -> LoggedPages:
    if len(pages) <= most:
        return pages
    return pages.take(np.sort(np.random.default_rng(0).choice(len(pages), most, replace=False)))
