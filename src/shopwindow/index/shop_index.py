"""ShopIndex: one search for a release, by the index that is quickest for the scope."""

from dataclasses import dataclass
from typing import final

import numpy as np

from shopwindow.index.exact import ExactSlices
from shopwindow.index.faiss_index import FaissIndex
from shopwindow.index.scope import Scope
from shopwindow.index.vector_index import Found
from shopwindow.schema.arrays import Float


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShopIndex:
    """`exact` for category slices and narrow filters; `whole`, where the recall gate let it in, for the rest.

    `gate_limit`: the number of rows at which the recall of `whole` was measured.
    """

    exact: ExactSlices
    whole: FaissIndex | None = None
    gate_limit: int = 500

    def search(self, query: Float, limit: int, scope: Scope | None = None) -> Found:
        """The best rows of the scope, default the whole shop; exact unless the scope is (nearly) all of it.

        Raises:
            ContractError: see VectorIndex and ExactSlices.
        """
        size = len(self.exact.vectors)
        fetch = self._fetch(limit, scope)
        if self.whole is None or fetch > min(2 * self.gate_limit, size):
            return self.exact.search(query, limit, scope)
        found = self.whole.search(query, fetch)
        if scope is not None and scope.allowed is not None:
            kept = scope.allowed[found.rows]
            found = Found(found.rows[kept], found.scores[kept])
        if len(found.rows) < min(limit, size):
            return self.exact.search(query, limit, scope)
        return Found(found.rows[:limit], found.scores[:limit])

    def _fetch(self, limit: int, scope: Scope | None) -> int:
        """How many rows of the whole shop to ask for so that `limit` pass; more than N where that is hopeless."""
        size = len(self.exact.vectors)
        if scope is None:
            return limit
        if scope.last - scope.first < size:
            return size + 1
        if scope.allowed is None:
            return limit
        allowed = np.count_nonzero(scope.allowed)
        if 2 * allowed < size:
            return size + 1
        return int(limit * size / allowed * 1.1) + 8
