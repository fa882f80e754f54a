"""Tuning: the best setting of a baseline, by validation requests only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.baselines.baseline import Baseline
from shopwindow.baselines.grid import Stage
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.datasets.split import Split
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate

METRIC: Final = "ndcg@10"
MOST_REQUESTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Tried:
    """One setting and its validation NDCG@10."""

    baseline: Baseline
    value: float


def tuned(stages: Sequence[Stage], dataset: Dataset, split: Split, options: EvaluationOptions) -> list[Tried]:
    """Every setting that was tried, the best first; stage k+1 varies the best of the stages before it.

    At most 1000 validation requests, a fixed random choice. Test requests are not touched.
    """
    requests = some_requests(split.valid, MOST_REQUESTS, options.seed)
    tried: dict[Baseline, float] = {}
    best: Baseline | None = None
    fitted: Recommender | None = None
    for stage in stages:
        for setting in stage(best):
            if setting not in tried:
                fitted = setting.fit(dataset, split.train_end, like=fitted)
                tried[setting] = evaluate(fitted, dataset, requests, options).mean(METRIC)
        best = max(tried, key=lambda setting: tried[setting])
    return sorted((Tried(*each) for each in tried.items()), key=lambda each: -each.value)


def some_requests(requests: RequestSet, most: int, seed: int) -> RequestSet:
    """A random choice of at most `most` requests, in their order."""
    if len(requests) <= most:
        return requests
    return requests.take(np.sort(np.random.default_rng(seed).choice(len(requests), most, replace=False)))
