"""Vectors: item vectors by row, the one definition of a row's score, and the order of equal scores."""

from dataclasses import dataclass
from typing import Final, Self, final

import numpy as np
from numpy.typing import NDArray

from shopwindow.index.top import near_best
from shopwindow.index.vector_index import Found
from shopwindow.schema.arrays import Float, Int32, Rows

GATHER_ROWS: Final = (
    65_536  # rows copied at once, so that a search over very many rows stays in bounded memory
)


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vectors:
    """`rows [N, d]` row-major; `tie [N]` the place of each row among rows of equal score."""

    rows: Float
    tie: NDArray[np.uint64]

    @classmethod
    def of(cls, rows: Float, item_key: Int32) -> Self:
        """The vectors of these items; keys, not rows, decide ties, so the order outlives a release."""
        return cls(rows=np.asarray(rows), tie=_mixed(item_key))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dim(self) -> int:
        return int(self.rows.shape[1])

    def scores(self, query: Float, rows: Rows) -> Float:
        """Inner products of `query [d]` with these rows.

        A row's score depends on the row and the query alone. A matrix product does not promise that: OpenBLAS
        rounds the last rows of a slice otherwise than the same rows within a longer one.
        """
        scores = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), GATHER_ROWS):
            part = slice(start, start + GATHER_ROWS)
            scores[part] = np.vecdot(self.rows.take(rows[part], axis=0), query)
        return scores

    def best(self, query: Float, rows: Rows, limit: int) -> Found:
        """The `limit` best of these rows (each given once), best first, equal scores in the order of `tie`."""
        scores = self.scores(query, rows)
        if len(rows) > 2 * limit:
            near = near_best(scores, None, limit, slack=0.0)
            rows, scores = rows[near], scores[near]
        order = np.lexsort((self.tie[rows], -scores))[:limit]
        return Found(rows[order].astype(np.int32, copy=False), scores[order])


def _mixed(keys: Int32) -> NDArray[np.uint64]:
    """A fixed random number per key. Steele, Lea and Flood, "SplitMix", OOPSLA 2014."""
    z = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
