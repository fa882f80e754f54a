"""Popularity: what most people wanted, overall, in the category at hand, or of late.

Legend: B requests of a part, N items, E events.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from shopwindow.baselines.space import Choice, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64, Rows

WINDOW_STEPS: Final = 50  # the recent window moves in steps of this share of its width


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Popularity:
    """Items by number of wanted actions.

    by_category: items of the primary category of the customer's last action come first (then its parent's ...).
    """

    by_category: bool = False

    @property
    def name(self) -> str:
        return "popularity-category" if self.by_category else "popularity"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedPopularity":
        counts = dataset.item_counts(dataset.wanted_before(train_end)).astype(np.float32)
        return FittedPopularity(self.name, dataset, counts, self.by_category)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPopularity:
    """Items by number of wanted actions in the `window_ms` before the request, everybody's, as live counters know them.

    Counts go on through the test period, always strictly before the request; items without any are ordered by the
    counts of the training period.
    """

    window_ms: int

    @property
    def name(self) -> str:
        return "popularity-recent"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedRecentPopularity":
        events = np.flatnonzero(dataset.wanted())
        events = events[np.argsort(dataset.columns.at_ms[events], kind="stable")]
        overall = dataset.item_counts(dataset.wanted_before(train_end)).astype(np.float32)
        return FittedRecentPopularity(
            name=self.name,
            window_ms=self.window_ms,
            at_ms=np.asarray(dataset.columns.at_ms)[events],
            rows=dataset.item_row[events],
            floor=overall / (overall.max(initial=0.0) + 1.0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class FittedPopularity:
    """Counts [N]; see `Popularity`."""

    name: str
    dataset: Dataset
    counts: Float
    by_category: bool

    def scores(self, requests: RequestSet) -> Float:
        shared = np.broadcast_to(self.counts, (len(requests), len(self.counts)))
        if not self.by_category:
            return shared
        scores = shared.copy()
        catalog, bonus = self.dataset.catalog, np.float32(self.counts.max(initial=0.0) + 1.0)
        for place, row in enumerate(last_rows(self.dataset, requests)):
            if row >= 0:
                for node in catalog.categories.ancestors(int(catalog.category[row]))[:-1]:
                    first, last = catalog.slice_of(node)
                    scores[place, first:last] += bonus
        return scores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedRecentPopularity:
    """Wanted events in order of time; see `RecentPopularity`. `floor [N]` is below 1."""

    name: str
    window_ms: int
    at_ms: Int64
    rows: Rows
    floor: Float

    def scores(self, requests: RequestSet) -> Float:
        step = max(1, self.window_ms // WINDOW_STEPS)
        until, place = np.unique(requests.at_ms // step * step, return_inverse=True)
        return np.stack([self._counts(int(each)) for each in until])[place]

    def _counts(self, until_ms: int) -> Float:
        """[N] counts of the window that ends right before `until_ms`."""
        first, last = np.searchsorted(self.at_ms, [until_ms - self.window_ms, until_ms], side="left")
        counts = np.bincount(self.rows[first:last], minlength=len(self.floor))
        return counts.astype(np.float32) + self.floor


def last_rows(dataset: Dataset, requests: RequestSet) -> Rows:
    """[B] item of the last action of each request's history, -1 where there is none."""
    first = dataset.columns.offsets[requests.customer]
    rows = dataset.item_row[np.maximum(requests.history_end - 1, 0)]
    return np.where(requests.history_end > first, rows, np.int32(-1))


def recent_space(dataset: Dataset) -> Space:
    """Windows of 1/2 ... 1/200 of the time that the log spans."""
    at_ms = np.asarray(dataset.columns.at_ms)
    span = int(at_ms.max() - at_ms.min()) if len(at_ms) else 0
    windows = tuple(max(1, span // part) for part in (2, 5, 10, 20, 50, 100, 200))
    return Space(
        make=RecentPopularity,
        starts=(RecentPopularity(window_ms=windows[2]),),
        parameters={"window_ms": Choice(tuple(dict.fromkeys(windows)))},
    )
