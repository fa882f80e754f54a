"""PureSvd: customers and items in the space of the largest singular vectors.

Legend: U customers, B requests of a part, N items, F factors.
"""

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from scipy.sparse.linalg import svds

from shopwindow.baselines.history import histories, popularity, ties_by_popularity, wants
from shopwindow.baselines.space import READING, Choice, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PureSvd:
    """Scores = history · V · Vᵀ, V the `factors` leading right singular vectors of customers × items.

    Cremonesi, Koren and Turrin, "Performance of Recommender Algorithms on Top-N Recommendation Tasks", RecSys 2010.
    """

    factors: int = 64
    last: int = 100
    decay: float = 1.0

    @property
    def name(self) -> str:
        return "pure-svd"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedPureSvd":
        item = leading_directions(wants(dataset, train_end), self.factors)
        return FittedPureSvd(self.name, dataset, self, item, popularity(dataset, train_end))


@dataclass(frozen=True, slots=True, eq=False)
class FittedPureSvd:
    """`item [N, F]`; see `PureSvd`."""

    name: str
    dataset: Dataset
    settings: PureSvd
    item: Float
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = histories(self.dataset, requests, self.settings.last, self.settings.decay)
        return ties_by_popularity((history.astype(np.float32) @ self.item) @ self.item.T, self.popular)


def leading_directions(matrix: Any, number: int) -> Float:
    """[columns, number] the leading right singular vectors of a sparse matrix; fewer where it has fewer."""
    most = min(matrix.shape) - 1
    if number <= most:
        start = np.ones(min(matrix.shape))  # Lanczos begins where no seed is needed
        right = svds(matrix.astype(np.float64), k=number, v0=start, return_singular_vectors="vh")[2]
    else:
        right = np.linalg.svd(matrix.toarray(), full_matrices=False)[2]
    return np.ascontiguousarray(right.T, dtype=np.float32)


SPACE: Final = Space(
    make=PureSvd,
    starts=(PureSvd(), PureSvd(factors=128, last=20, decay=0.8)),
    parameters={"factors": Choice((16, 32, 64, 128, 256)), **READING},
)
