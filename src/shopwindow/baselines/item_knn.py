"""ItemKnn: items wanted by the same customers as the latest ones of the history.

Legend: U customers, B requests of a part, N items, K neighbours.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, final

from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight, normalize, tfidf_weight

from shopwindow.baselines.history import histories, popularity, ties_by_popularity, wants
from shopwindow.baselines.space import READING, Choice, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.schema.arrays import Float, Int64

Similarity = Literal["cosine", "tfidf", "bm25"]
SIMILARITIES: Final[tuple[Similarity, ...]] = ("cosine", "tfidf", "bm25")


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

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedItemKnn":
        similar = _similarity(self, wants(dataset, train_end))
        return FittedItemKnn(self.name, dataset, self, similar, popularity(dataset, train_end))


@dataclass(frozen=True, slots=True, eq=False)
class FittedItemKnn:
    """`similar`: sparse [N, N]; see `ItemKnn`."""

    name: str
    dataset: Dataset
    settings: ItemKnn
    similar: Any
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = histories(self.dataset, requests, self.settings.last, self.settings.decay)
        found = history @ self.similar
        if not self.settings.own:
            found = found - history.multiply(self.similar.diagonal()[None, :])
        return ties_by_popularity(found.toarray(), self.popular)


def _similarity(settings: ItemKnn, wanted: Any) -> Any:
    """[N, N] similarity of the nearest neighbours of each item; rows are the history's side."""
    counts = wanted.T.tocsr()  # [N, U]
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


def space(repeats: bool) -> Space:
    """What may be tried. repeats: own items may be proposed again, and own items alone are tried first of all."""
    owns = (True, False) if repeats else (False,)
    alone = (ItemKnn(neighbours=0, last=100, decay=0.9), ItemKnn(neighbours=0, last=20, decay=0.7))
    return Space(
        make=ItemKnn,
        starts=(
            ItemKnn(own=repeats),
            ItemKnn(similarity="tfidf", neighbours=20, decay=0.7, own=repeats),
            *(alone if repeats else ()),
        ),
        parameters={
            "similarity": Choice(SIMILARITIES),
            "neighbours": Choice((*((0,) if repeats else ()), 20, 50, 100, 300)),
            "own": Choice(owns),
            **READING,
        },
    )
