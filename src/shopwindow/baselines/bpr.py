"""Bpr: matrix factorisation that learns which of two items a customer prefers (`implicit`).

Legend: U customers, B requests of a part, N items, F factors.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final, final

import numpy as np
from implicit.cpu.bpr import BayesianPersonalizedRanking
from scipy.sparse import csr_matrix

from shopwindow.baselines.history import histories, popularity, ties_by_popularity, wants
from shopwindow.baselines.space import READING, Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64

RIDGE: Final = 1e-3  # of the mean square of the items' means: enough to invert


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bpr:
    """score(i) = customer · item(i) + bias(i), trained on so many drawn `pairs` of a wanted and another item.

    BPR has no closed form for a new history. The request's vector is therefore predicted from the mean of its items'
    vectors by the ridge regression that fits the trained customers best; trained vectors of customers are never used.
    One thread, so that a seed gives one result.
    Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
    """

    factors: int = 64
    learning_rate: float = 0.05
    l2: float = 0.01
    pairs: int = 10_000_000
    last: int = 100
    decay: float = 1.0
    seed: int = 0

    @property
    def name(self) -> str:
        return "bpr"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedBpr":
        wanted = wants(dataset, train_end).astype(np.float32)
        model = BayesianPersonalizedRanking(
            factors=self.factors, learning_rate=self.learning_rate, regularization=self.l2,
            iterations=max(1, self.pairs // max(1, wanted.nnz)), random_state=self.seed, num_threads=1,
        )  # fmt: skip
        model.fit(wanted, show_progress=False)
        item, bias = model.item_factors[:, :-1], model.item_factors[:, -1]
        some = np.flatnonzero(np.diff(wanted.indptr))
        means, customers = shares(wanted[some]) @ item, model.user_factors[some, :-1]
        square = means.T @ means
        damping = RIDGE * max(float(np.trace(square)) / len(square), 1e-12) * np.eye(len(square))
        fold_in = np.linalg.solve(square + damping, means.T @ customers).astype(np.float32)
        return FittedBpr(self.name, dataset, self, item, bias, fold_in, popularity(dataset, train_end))


@dataclass(frozen=True, slots=True, eq=False)
class FittedBpr:
    """`item [N, F]`, `bias [N]`, `fold_in [F, F]`: mean of item vectors -> customer; see `Bpr`."""

    name: str
    dataset: Dataset
    settings: Bpr
    item: Float
    bias: Float
    fold_in: Float
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = shares(histories(self.dataset, requests, self.settings.last, self.settings.decay))
        customer = (history.astype(np.float32) @ self.item) @ self.fold_in
        return ties_by_popularity(customer @ self.item.T + self.bias[None, :], self.popular)


def shares(weights: Any) -> Any:
    """A sparse matrix with each row's weights summing to 1; empty rows stay empty."""
    total = np.asarray(weights.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
    return csr_matrix(weights.multiply(scale[:, None]))


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first factors and of the pairs drawn."""
    return Space(
        make=partial(Bpr, seed=seed),
        starts=(Bpr(seed=seed), Bpr(last=20, decay=0.8, seed=seed)),
        parameters={
            "factors": Choice((32, 64, 128)),
            "pairs": Choice((3_000_000, 10_000_000, 30_000_000)),
            "learning_rate": Range(low=0.01, high=0.2, log=True),
            "l2": Range(low=0.001, high=0.1, log=True),
            **READING,
        },
    )
