"""Shortlist: a few items per request that simple sources put forward, for models that cannot read the whole catalogue.

Legend: R requests, B requests of a part, N items, K candidates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.baselines.history import latest_actions
from shopwindow.baselines.item_knn import FittedItemKnn, ItemKnn
from shopwindow.baselines.popularity import FittedPopularity, Popularity
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64, Rows

SCORES_AT_ONCE: Final = 4_000_000
QUOTA: Final = 50
NEIGHBOURS: Final = ItemKnn(neighbours=100, last=20, decay=0.8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shortlist:
    """The first `quota` items of item-kNN, of popularity in the category of the last item, of popularity, of the history.

    The sources know the events that they were fitted on, histories are the requests' own.
    """

    dataset: Dataset
    quota: int
    neighbours: FittedItemKnn
    in_category: FittedPopularity

    def candidates(self, requests: RequestSet) -> Rows:
        """[R, K] rows, each once, -1 = padding.

        Items that were not there before the request are left out; in logs without a catalogue an item comes to be by
        its first event, so that one which is there at this very moment is the answer.
        """
        return np.concatenate([self._candidates(part) for part in self._parts(requests)])

    def said(self, requests: RequestSet, rows: Rows) -> Float:
        """[R, K, 2] what the sources say of any rows, -1 = padding."""
        found, start = [], 0
        for part in self._parts(requests):
            some = rows[start : start + len(part)]
            similar = np.take_along_axis(self.neighbours.scores(part), some, axis=1)
            found.append(np.stack([similar, self.in_category.counts[some]], axis=-1))
            start += len(part)
        return np.concatenate(found).astype(np.float32)

    def _parts(self, requests: RequestSet) -> Iterator[RequestSet]:
        """Few enough at a time that scores of the whole catalogue stay small."""
        size = max(1, SCORES_AT_ONCE // max(1, self.dataset.num_items))
        return (requests.part(start, start + size) for start in range(0, len(requests), size))

    def _candidates(self, requests: RequestSet) -> Rows:
        similar, category = self.neighbours.scores(requests), self.in_category.scores(requests)
        there = self.dataset.catalog.first_seen_ms[None, :] < requests.at_ms[:, None]
        counts = np.broadcast_to(self.in_category.counts, there.shape)
        firsts = [
            first_items(np.where(there, each, -1.0), self.quota) for each in (similar, category, counts)
        ]
        rows = each_once(np.concatenate([self._own(requests), *firsts], axis=1))
        place = np.arange(len(rows))[:, None]
        return np.where((rows >= 0) & there[place, rows], rows, np.int32(-1))

    def _own(self, requests: RequestSet) -> Rows:
        latest = latest_actions(self.dataset, requests, self.quota)
        rows = np.full((len(requests), self.quota), -1, dtype=np.int32)
        rows[latest.request, latest.step] = latest.row
        return rows


def shortlist(dataset: Dataset, train_end: Int64, quota: int = QUOTA) -> Shortlist:
    """The shortlist whose sources learn from events before `train_end [U]`."""
    return Shortlist(
        dataset=dataset,
        quota=quota,
        neighbours=NEIGHBOURS.fit(dataset, train_end),
        in_category=Popularity(by_category=True).fit(dataset, train_end),
    )


def first_items(scores: Float, number: int) -> Rows:
    """[B, number] the items with the largest scores, in any order; all of them where there are fewer."""
    number = min(number, scores.shape[1])
    return np.argpartition(scores, scores.shape[1] - number, axis=1)[:, scores.shape[1] - number :].astype(
        np.int32
    )


def each_once(rows: Rows) -> Rows:
    """The rows of each line in ascending order, again-mentioned ones replaced by -1."""
    rows = np.sort(rows, axis=1)
    again = np.zeros(rows.shape, dtype=np.bool_)
    again[:, 1:] = rows[:, 1:] == rows[:, :-1]
    return np.where(again, np.int32(-1), rows)
