"""Ease: a linear autoencoder over items, in closed form.

Legend: U customers, B requests of a part, N items.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from scipy.linalg import lapack

from shopwindow.baselines.history import histories, popularity, ties_by_popularity, wants
from shopwindow.baselines.space import READING, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Ease:
    """score(i) = sum over history items j of weight(j) * B[j, i]; B = argmin |X - XB|² + l2 |B|² with zero diagonal.

    B has N² numbers of 4 bytes, and the fit holds three such matrices: 4.5 GiB for 20,000 items. Larger catalogues
    are refused. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.
    """

    l2: float = 100.0
    last: int = 100
    decay: float = 1.0
    most_items: int = 20_000

    @property
    def name(self) -> str:
        return "ease"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedEase":
        num_items = dataset.num_items
        if num_items > self.most_items:
            gib = 3 * 4 * num_items**2 / 2**30
            raise EvaluationError(
                f"ease: expected at most {self.most_items:,} items, came {num_items:,}, which take {gib:.0f} GiB; "
                "raise most_items if there is that much memory, or use als or item-knn"
            )
        wanted = wants(dataset, train_end).astype(np.float32)
        wanted.data[:] = 1.0
        gram = (wanted.T @ wanted).toarray()
        gram[np.diag_indices(num_items)] += self.l2
        weights = inverse(gram)
        weights /= -np.diagonal(weights)[None, :].copy()
        np.fill_diagonal(weights, 0.0)
        return FittedEase(self.name, dataset, self, weights, popularity(dataset, train_end))


@dataclass(frozen=True, slots=True, eq=False)
class FittedEase:
    """`weights [N, N]`, a row per history item; see `Ease`."""

    name: str
    dataset: Dataset
    settings: Ease
    weights: Float
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = histories(self.dataset, requests, self.settings.last, self.settings.decay)
        return ties_by_popularity(history.astype(np.float32) @ self.weights, self.popular)


def inverse(positive: Float) -> Float:
    """The inverse of a symmetric positive definite float32 matrix, which is overwritten; a third of the usual work.

    Raises:
        EvaluationError: it is not positive definite (in float32).
    """
    lower, failed = lapack.spotrf(positive.T, lower=True, overwrite_a=True, clean=True)
    if not failed:
        lower, failed = lapack.spotri(lower, lower=True, overwrite_c=True)
    if failed:
        raise EvaluationError("ease: the items' co-occurrences could not be inverted; use a larger l2")
    found: Float = lower.T  # rows again; what was below the diagonal is above it now
    found += np.triu(found, 1).T
    return found


SPACE: Final = Space(
    make=Ease,
    starts=(Ease(), Ease(l2=100.0, last=20, decay=0.8)),
    parameters={"l2": Range(low=1.0, high=3000.0, log=True), **READING},
)
