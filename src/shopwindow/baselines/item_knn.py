"""ItemKnn: items wanted by the same customers as the latest ones of the history.

Legend: U customers, B requests of a part, N items, K neighbours.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, final

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight, normalize, tfidf_weight
from scipy.sparse import csr_matrix

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.schema.arrays import Float, Int64

Similarity = Literal["cosine", "tfidf", "bm25"]
SIMILARITIES: Final[tuple[Similarity, ...]] = ("cosine", "tfidf", "bm25")
TIE_BREAK: Final = 1e-6  # of the largest score: popularity orders what the neighbours leave equal


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKnn:
    """score(i) = sum over the last `last` history items j of decay^(steps back) * similarity(j, i).

    `neighbours` K per item. own: an item of the history may be proposed again by itself (shops where people return to
    items). Items that nothing speaks for are ordered by popularity. Sarwar et al., WWW 2001.
    """

    similarity: Similarity = "cosine"
    neighbours: int = 100
    last: int = 20
    decay: float = 0.9
    own: bool = True

    @property
    def name(self) -> str:
        return "item-knn"

    def same_neighbours(self, other: "ItemKnn") -> bool:
        """The two differ only in how they read a history."""
        return (self.similarity, self.neighbours) == (other.similarity, other.neighbours)

    def fit(self, dataset: Dataset, train_end: Int64, like: Recommender | None = None) -> "FittedItemKnn":
        if isinstance(like, FittedItemKnn) and like.settings.same_neighbours(self):
            return replace(like, settings=self)
        events = dataset.wanted_before(train_end)
        counts = dataset.item_counts(events).astype(np.float32)
        customer = dataset.columns.customer_of_event()[events]
        shape = (dataset.columns.num_customers, dataset.num_items)
        ones = np.ones(len(customer), dtype=np.float64)
        wants = csr_matrix((ones, (customer, dataset.item_row[events])), shape=shape)
        wants.sum_duplicates()
        wants.data = 1.0 + np.log(wants.data)  # a second click says less than the first
        return FittedItemKnn(self.name, dataset, self, _similarity(self, wants), counts)


@dataclass(frozen=True, slots=True, eq=False)
class FittedItemKnn:
    """`similar`: sparse [N, N]; `counts [N]`; see `ItemKnn`."""

    name: str
    dataset: Dataset
    settings: ItemKnn
    similar: Any
    counts: Float

    def scores(self, requests: RequestSet) -> Float:
        columns, settings = self.dataset.columns, self.settings
        back = np.arange(1, settings.last + 1)  # [last] 1 = the latest action
        places = requests.history_end[:, None] - back[None, :]
        inside = places >= columns.offsets[requests.customer][:, None]
        rows = np.where(inside, self.dataset.item_row[np.where(inside, places, 0)], -1)
        request, step = np.nonzero(rows >= 0)
        weight = settings.decay ** step.astype(np.float64)
        shape = (len(requests), self.dataset.num_items)
        history = csr_matrix((weight, (request, rows[request, step])), shape=shape)
        found = history @ self.similar
        if not settings.own:
            found = found - history.multiply(self.similar.diagonal()[None, :])
        scores: Float = found.toarray().astype(np.float32)
        top = float(scores.max(initial=0.0)) or 1.0
        scores += (TIE_BREAK * top * self.counts / (self.counts.max(initial=0.0) + 1.0)).astype(np.float32)
        return scores


def _similarity(settings: ItemKnn, wants: Any) -> Any:
    """[N, N] similarity of the nearest neighbours of each item; rows are the history's side."""
    counts = wants.T.tocsr()  # [N, U]
    match settings.similarity:
        case "cosine":
            weighted = normalize(counts)
        case "tfidf":
            weighted = normalize(tfidf_weight(counts))
        case "bm25":
            weighted = bm25_weight(counts, K1=1.2, B=0.75)
        case other:
            raise EvaluationError(f"similarity: expected one of {', '.join(SIMILARITIES)}, came {other!r}")
    model = ItemItemRecommender(K=settings.neighbours + 1)
    model.fit(weighted.T.tocsr(), show_progress=False)
    return model.similarity
