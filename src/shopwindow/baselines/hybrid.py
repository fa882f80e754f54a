"""Hybrid: several baselines' scores, weighed and added.

Legend: B requests of a part, N items.
"""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from shopwindow.baselines.baseline import Baseline
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Foresighted, Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Hybrid:
    """score(i) = sum over parts of weight * the part's score of i, brought to 0 .. 1 over the items of each request.

    Burke, "Hybrid Recommender Systems: Survey and Experiments", UMUAI 2002 (weighted hybrid). Weights are learnt by
    `evaluation.blending`.
    """

    parts: tuple[Baseline, ...]
    weights: tuple[float, ...]

    @property
    def name(self) -> str:
        return "hybrid"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedHybrid":
        parts = tuple(part.fit(dataset, train_end) for part in self.parts)
        return FittedHybrid(self.name, parts, self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class FittedHybrid:
    """See `Hybrid`."""

    name: str
    parts: tuple[Recommender, ...]
    weights: tuple[float, ...]

    def scores(self, requests: RequestSet) -> Float:
        found = (
            np.float32(weight) * from_0_to_1(part.scores(requests))
            for weight, part in zip(self.weights, self.parts, strict=True)
        )
        total: Float = next(found)
        for each in found:
            total += each
        return total

    def for_all(self, requests: RequestSet) -> "FittedHybrid":
        """The same, with parts that know all requests beforehand."""
        parts = (each.for_all(requests) if isinstance(each, Foresighted) else each for each in self.parts)
        return replace(self, parts=tuple(parts))


def from_0_to_1(scores: Float) -> Float:
    """[B, N] each request's scores moved and scaled to 0 .. 1; all 0 where they are equal."""
    low = scores.min(axis=1, keepdims=True)
    span = scores.max(axis=1, keepdims=True) - low
    scaled: Float = (scores - low) / np.where(span > 0, span, np.float32(1.0))
    return scaled.astype(np.float32)
