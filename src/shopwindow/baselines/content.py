"""Content: items described like those of the history.

Legend: B requests of a part, N items, D width.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from shopwindow.baselines.history import histories, popularity, ties_by_popularity
from shopwindow.baselines.pure_svd import leading_directions
from shopwindow.baselines.space import READING, Choice, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.schema.arrays import Float, Int64

WORD: Final = re.compile(r"\w+")
MOST_WORDS: Final = 50_000
FIELDS: Final = ("title", "text", "brand", "seller", "categories", "attributes")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """score(i) = profile · item(i): TF-IDF of what the catalogue says, in `dim` latent directions, of length 1.

    The profile is the weighted sum of the history's items. Needs no action of anybody else, so it knows new items.
    Lops, de Gemmis and Semeraro, "Content-based Recommender Systems", 2011; Deerwester et al., JASIS 1990.
    """

    dim: int = 128
    last: int = 20
    decay: float = 0.9

    @property
    def name(self) -> str:
        return "content"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedContent":
        words = words_of_items(dataset)
        if not any(words):
            raise EvaluationError(
                "content: expected items with a title, text, brand, category or attributes, came none; "
                "import the catalogue first"
            )
        found = TfidfVectorizer(analyzer=list, sublinear_tf=True, max_features=MOST_WORDS).fit_transform(
            words
        )
        item = found @ leading_directions(found, self.dim)
        length = np.sqrt(np.square(item).sum(axis=1, keepdims=True))
        item = (item / np.where(length > 0, length, 1.0)).astype(np.float32)
        return FittedContent(self.name, dataset, self, item, popularity(dataset, train_end))


@dataclass(frozen=True, slots=True, eq=False)
class FittedContent:
    """`item [N, D]`, rows of length 1, or 0 for items without words; see `Content`."""

    name: str
    dataset: Dataset
    settings: Content
    item: Float
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = histories(self.dataset, requests, self.settings.last, self.settings.decay)
        return ties_by_popularity((history.astype(np.float32) @ self.item) @ self.item.T, self.popular)


def words_of_items(dataset: Dataset) -> list[list[str]]:
    """[N] the words of each item's title and text, and its brand, seller, categories and attributes as one word each."""
    table = dataset.catalog.table
    return [_words(*row) for row in zip(*(table.column(name).to_pylist() for name in FIELDS), strict=True)]


def is_described(dataset: Dataset) -> bool:
    """Some item has any of it; looks no further than the first."""
    columns = [dataset.catalog.table.column(name) for name in FIELDS]
    return any(cell.as_py() for column in columns if column.null_count < len(column) for cell in column)


def _words(
    title: str | None, text: str | None, brand: str | None, seller: str | None, *described: Any
) -> list[str]:
    categories, attributes = described
    found = WORD.findall(f"{title or ''} {text or ''}".lower())
    found += [f"{field}={value}" for field, value in (("brand", brand), ("seller", seller)) if value]
    found += [f"category={path}" for path in categories or ()]
    found += [f"{name}={value}" for name, value in attributes or ()]
    return found


SPACE: Final = Space(
    make=Content,
    starts=(Content(),),
    parameters={"dim": Choice((32, 64, 128, 256)), **READING},
)
