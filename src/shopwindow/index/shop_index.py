"""ShopIndex: one search for a release, by the index that is quickest for the scope."""

from dataclasses import dataclass
from typing import final

from shopwindow.index.exact import ExactSlices
from shopwindow.index.faiss_index import FaissIndex
from shopwindow.index.scope import Scope, whole
from shopwindow.index.vector_index import Found
from shopwindow.schema.arrays import Float


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShopIndex:
    """`exact` for category slices and narrow filters; `lists`, where the recall gate let them in, for wide scopes.

    `gate_limit`: the number of rows at which the recall of `lists` was measured. `min_share`: the share of the
    shop from which on a scope is wide; the gate says it.
    """

    exact: ExactSlices
    lists: FaissIndex | None = None
    gate_limit: int = 500
    min_share: float = 1.0

    def search(self, query: Float, limit: int, scope: Scope | None = None) -> Found:
        """The best rows of the scope, default the whole shop; exact unless the scope is wide.

        Raises:
            ContractError: see VectorIndex and ExactSlices.
        """
        size = len(self.exact.vectors)
        scope = scope or whole(size)
        count = scope.count()
        if self.lists is None or limit > 2 * self.gate_limit or count < max(self.min_share * size, 1):
            return self.exact.search(query, limit, scope)
        found = self.lists.search(query, limit, scope.mask(size), count / size)
        if len(found.rows) < min(limit, count):
            return self.exact.search(query, limit, scope)
        return found
