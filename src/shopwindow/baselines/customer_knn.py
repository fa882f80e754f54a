"""CustomerKnn: what the customers with the most similar histories wanted.

Legend: U customers, B requests of a part, N items, K neighbours.
"""

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from implicit.nearest_neighbours import normalize
from scipy.sparse import csr_matrix, diags

from shopwindow.baselines.history import histories, popularity, ties_by_popularity, wants
from shopwindow.baselines.space import READING, Choice, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKnn:
    """score(i) = sum over the `neighbours` K nearest customers of cosine(history, theirs) * (they wanted i).

    idf: items that few customers wanted count for more in the cosine. A customer is not their own neighbour.
    Resnick et al., "GroupLens", CSCW 1994, in the form for implicit feedback.
    """

    neighbours: int = 100
    idf: bool = True
    last: int = 100
    decay: float = 1.0

    @property
    def name(self) -> str:
        return "customer-knn"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedCustomerKnn":
        wanted = wants(dataset, train_end)
        weight = diags(rarity(wanted) if self.idf else np.ones(dataset.num_items))
        compared = normalize((wanted @ weight).tocsr()) @ weight  # once more for the history's side
        wanted.data[:] = 1.0
        popular = popularity(dataset, train_end)
        return FittedCustomerKnn(self.name, dataset, self, compared.T.tocsr(), wanted, popular)


@dataclass(frozen=True, slots=True, eq=False)
class FittedCustomerKnn:
    """`compared`: sparse [N, U], `wanted`: sparse [U, N]; see `CustomerKnn`."""

    name: str
    dataset: Dataset
    settings: CustomerKnn
    compared: Any
    wanted: Any
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = histories(self.dataset, requests, self.settings.last, self.settings.decay)
        similar = (history @ self.compared).tocoo()
        others = similar.col != requests.customer[similar.row]
        similar = csr_matrix(
            (similar.data[others], (similar.row[others], similar.col[others])), similar.shape
        )
        nearest = strongest(similar, self.settings.neighbours)
        return ties_by_popularity((nearest @ self.wanted).toarray(), self.popular)


def rarity(wanted: Any) -> Any:
    """[N] log(1 + U / number of customers who wanted the item): inverse document frequency."""
    number = np.bincount(wanted.indices, minlength=wanted.shape[1])
    return np.log1p(wanted.shape[0] / np.maximum(number, 1))


def strongest(matrix: Any, number: int) -> Any:
    """A sparse matrix with the `number` largest entries of each row; of equal ones those in the last columns."""
    found = matrix.tocoo()
    kept = strongest_of(found.row, found.data, found.col, number)
    return csr_matrix((found.data[kept], (found.row[kept], found.col[kept])), shape=matrix.shape)


def strongest_of(row: Int64, weight: Any, column: Int64, number: int) -> Int64:
    """Places of the `number` largest weights of each row; of equal ones those in the last columns. All arrays [P]."""
    order = np.lexsort((-column, -weight, row))
    sorted_row = row[order]
    return order[np.arange(len(order)) - np.searchsorted(sorted_row, sorted_row) < number]


SPACE: Final = Space(
    make=CustomerKnn,
    starts=(CustomerKnn(), CustomerKnn(last=20, decay=0.8)),
    parameters={"neighbours": Choice((20, 50, 100, 200, 500, 1000)), "idf": Choice((True, False)), **READING},
)
