"""RankedLists: scores of a few candidates for each of some requests, as scores of the whole catalogue.

Legend: R requests, K candidates, N items.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Rows


@dataclass(frozen=True, slots=True, eq=False)
class RankedLists:
    """Candidates `rows [R, K]` (-1 = none) with their scores, for known requests; `popular [N]` below 1 orders the rest."""

    name: str
    rows: Rows
    listed: Float
    places: dict[tuple[int, ...], int]
    popular: Float

    @classmethod
    def of(cls, name: str, requests: RequestSet, rows: Rows, listed: Float, popular: Float) -> Self:
        """The lists [R, K] of these requests."""
        places = {key: place for place, key in enumerate(_keys(requests))}
        return cls(name, rows, listed, places, popular)

    def scores(self, requests: RequestSet) -> Float:
        place = np.array([self.places[key] for key in _keys(requests)], dtype=np.int64)
        rows, listed = self.rows[place], self.listed[place]
        scores = np.repeat(self.popular[None, :], len(requests), axis=0)
        request, column = np.nonzero(rows >= 0)
        above = listed - listed.min(axis=1, keepdims=True) + np.float32(1.0)
        scores[request, rows[request, column]] = above[request, column]
        return scores


def _keys(requests: RequestSet) -> Iterator[tuple[int, ...]]:
    """What tells requests apart."""
    arrays = (requests.customer, requests.history_end, requests.at_ms, requests.category, requests.query)
    return zip(*(each.tolist() for each in arrays), strict=True)
