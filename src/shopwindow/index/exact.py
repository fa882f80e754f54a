"""ExactSlices: the exact best rows of any category slice, by one matrix product over a transposed copy."""

import math
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from shopwindow.errors import ContractError
from shopwindow.index.scope import Scope, whole
from shopwindow.index.top import near_best
from shopwindow.index.vector_index import Found, check_query
from shopwindow.index.vectors import Vectors
from shopwindow.schema.arrays import Float, Rows

UNIT_ROUNDOFF: Final = 2.0**-24
SPARSE: Final = 10  # a gathered row costs 5.5 times a scanned one (1 M x 64), and then needs no second look


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactSlices:
    """`vectors [N, d]` by row and `scan [d, N]`, the same numbers transposed; both may be memory maps.

    The scan proposes every row that could be among the best under any rounding; those few are scored again
    by `Vectors.scores`. So the answer does not depend on slice bounds, chunks or threads.
    `max_norm`: the largest Euclidean length of a row.
    """

    vectors: Vectors
    scan: Float
    max_norm: float

    def __post_init__(self) -> None:
        if self.scan.shape != self.vectors.rows.shape[::-1]:
            raise ContractError(
                f"scan copy is {self.scan.shape}, expected {self.vectors.rows.shape[::-1]}: "
                "the vectors transposed"
            )

    def search(self, query: Float, limit: int, scope: Scope | None = None) -> Found:
        """The best rows of the scope (default: the whole shop), fewer than `limit` where it has fewer.

        Raises:
            ContractError: see VectorIndex; or the scope reaches beyond the rows.
        """
        check_query(query, self.vectors.dim, limit)
        scope = scope or whole(len(self.vectors))
        self._check(scope)
        near = self._near_in_slice(query, limit, scope)
        others = scope.others
        if scope.allowed is not None:
            others = others[scope.allowed[others]]
        return self.vectors.best(query, np.concatenate([near, others]) if len(others) else near, limit)

    def _near_in_slice(self, query: Float, limit: int, scope: Scope) -> Rows:
        if scope.first == scope.last:
            return np.empty(0, dtype=np.int32)
        allowed = None if scope.allowed is None else scope.allowed[scope.first : scope.last]
        if allowed is not None and SPARSE * np.count_nonzero(allowed) < len(allowed):
            return (np.flatnonzero(allowed) + scope.first).astype(np.int32)
        scores = query @ self.scan[:, scope.first : scope.last]
        near = near_best(scores, allowed, limit, self._slack(query))
        return (near + scope.first).astype(np.int32)

    def _slack(self, query: Float) -> float:
        """How far two computed scores may stand in the wrong order, whatever the order of summation.

        Each product errs by at most d u |q| |x|; a pair of rows, each computed in two ways, by four times that.
        Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1.
        """
        length = math.sqrt(float(np.dot(query.astype(np.float64), query)))
        return 4.0 * self.vectors.dim * UNIT_ROUNDOFF * length * self.max_norm * 1.01

    def _check(self, scope: Scope) -> None:
        size = len(self.vectors)
        if not 0 <= scope.first <= scope.last <= size:
            raise ContractError(f"scope is rows {scope.first} to {scope.last}, expected within 0 to {size}")
        if scope.allowed is not None and scope.allowed.shape != (size,):
            raise ContractError(f"allowed is {scope.allowed.shape}, expected ({size},): one flag per row")


def exact_slices(vectors: Vectors) -> ExactSlices:
    """The index of these vectors, its scan copy made in memory."""
    scan = np.ascontiguousarray(vectors.rows.T)
    return ExactSlices(vectors=vectors, scan=scan, max_norm=max_norm(vectors.rows))


def max_norm(rows: Float) -> float:
    """The largest Euclidean length of a row, 0 for none."""
    squares = np.vecdot(rows, rows)
    return math.sqrt(float(squares.max(initial=0.0)))
