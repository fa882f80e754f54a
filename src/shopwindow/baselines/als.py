"""Als: matrix factorisation of implicit feedback by alternating least squares (`implicit`).

Legend: U customers, B requests of a part, N items, F factors.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from shopwindow.baselines.history import histories, popularity, ties_by_popularity, wants
from shopwindow.baselines.space import READING, Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Als:
    """Factors that rebuild wanted (weight `alpha`) against not wanted; a request's vector is solved from its history.

    The customer's trained vector is never used, so that new customers are like all others.
    Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008.
    """

    factors: int = 64
    l2: float = 0.1
    alpha: float = 10.0
    iterations: int = 10
    last: int = 100
    decay: float = 1.0
    seed: int = 0

    @property
    def name(self) -> str:
        return "als"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedAls":
        with threadpool_limits(1, "blas"):  # implicit has threads of its own and warns of others
            model = AlternatingLeastSquares(
                factors=self.factors, regularization=self.l2, alpha=self.alpha, iterations=self.iterations,
                random_state=self.seed,
            )  # fmt: skip
            model.fit(wants(dataset, train_end).astype(np.float32), show_progress=False)
        return FittedAls(self.name, dataset, self, model, popularity(dataset, train_end))


@dataclass(frozen=True, slots=True, eq=False)
class FittedAls:
    """`model`: implicit's, with item factors [N, F]; see `Als`."""

    name: str
    dataset: Dataset
    settings: Als
    model: Any
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        history = histories(self.dataset, requests, self.settings.last, self.settings.decay)
        customer = self.model.recalculate_user(np.arange(len(requests)), history.astype(np.float32))
        return ties_by_popularity(customer @ self.model.item_factors.T, self.popular)


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first factors."""
    return Space(
        make=partial(Als, seed=seed),
        starts=(Als(seed=seed), Als(last=20, decay=0.8, seed=seed)),
        parameters={
            "factors": Choice((32, 64, 128, 256)),
            "l2": Range(low=0.001, high=10.0, log=True),
            "alpha": Range(low=1.0, high=100.0, log=True),
            **READING,
        },
    )
