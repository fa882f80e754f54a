"""Reranked: what a shortlist puts forward for each request, in the order of a model that orders pages."""

from dataclasses import dataclass

import numpy as np

from shopwindow.baselines.ranked_lists import RankedLists
from shopwindow.baselines.shortlist import Shortlist
from shopwindow.datasets.made_pages import listed_pages
from shopwindow.datasets.recommender import PageOrder
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float


@dataclass(frozen=True, slots=True, eq=False)
class Reranked:
    """A recommender for whole-shop requests; items off the shortlist come after it, by `popular [N]`, below 1."""

    order: PageOrder
    shortlist: Shortlist
    popular: Float

    @property
    def name(self) -> str:
        return self.order.name

    def scores(self, requests: RequestSet) -> Float:
        return self.for_all(requests).scores(requests)

    def for_all(self, requests: RequestSet) -> RankedLists:
        """The same answers, found for all requests at once."""
        rows = self.shortlist.candidates(requests)
        pages = listed_pages(self.shortlist.dataset, requests, rows)
        scores = np.zeros(rows.shape, dtype=np.float32)
        scores[rows >= 0] = self.order.page_order(pages)
        return RankedLists.of(self.name, requests, rows, scores, self.popular)
