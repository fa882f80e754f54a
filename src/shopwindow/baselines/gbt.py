"""Gbt: gradient-boosted trees that rank a shortlist by windowed engagement rates and metadata (LightGBM).

Legend: U customers, R requests, B requests of a part, K candidates, N items, F features.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, final

import lightgbm as lgb
import numpy as np

from shopwindow.baselines.history import popularity
from shopwindow.baselines.ranked_lists import RankedLists
from shopwindow.baselines.shortlist import QUOTA, Shortlist, each_once, shortlist
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.point_in_time import point_in_time
from shopwindow.datasets.requests import RequestSet, history_before, requests_of_events
from shopwindow.errors import EvaluationError
from shopwindow.schema.arrays import Float, Int32, Int64, Rows

SOURCES_SHARE: Final = (
    0.75  # of the training events by time: the shortlist's sources learn from them, trees from the rest
)
REQUESTS_AT_ONCE: Final = 2000
MOST_WANTED: Final = 10  # of one request in training


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gbt:
    """LambdaRank over at most 4 x `quota` candidates per request; graded by action gain.

    Features: counters and rates of item, category, brand and customer as they stood at the request
    (`datasets.point_in_time`: everybody's events before it, as live counters know them), the sources' scores, category
    and brand. While trees are trained, the sources know only the first three quarters of the training period, or their
    scores would give the answers away; then they learn from all of it. Wanted items that no source found are added in
    training alone. Items off the shortlist come after it, by popularity.

    Burges, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82; Ke et al., "LightGBM", NeurIPS 2017.
    """

    rounds: int = 100
    num_leaves: int = 15
    learning_rate: float = 0.1
    min_leaf: int = 100
    quota: int = QUOTA
    most_requests: int = 2000
    seed: int = 0

    @property
    def name(self) -> str:
        return "gbt-lambdarank"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedGbt":
        earlier, requests = self._later_requests(dataset, train_end)
        listed = shortlist(dataset, earlier, self.quota)
        rows, gain = _examples(listed, requests)
        known, gains = rows >= 0, np.unique(gain[gain > 0])
        labels = np.where(gain > 0, np.searchsorted(gains, gain) + 1, 0)
        parts = list(_features(listed, requests, rows))
        order = np.concatenate([places for places, _ in parts])
        num_features = parts[0][1].shape[-1]
        data = lgb.Dataset(
            np.concatenate([values[known[places]] for places, values in parts]),
            label=labels[order][known[order]],
            group=known[order].sum(axis=1),
            categorical_feature=[num_features - 2, num_features - 1],
        )
        trees = lgb.train(self._parameters([0.0, *gains.tolist()]), data, num_boost_round=self.rounds)
        return FittedGbt(
            name=self.name,
            dataset=dataset,
            shortlist=shortlist(dataset, train_end, self.quota),
            trees=trees,
            popular=popularity(dataset, train_end),
        )

    def _later_requests(self, dataset: Dataset, train_end: Int64) -> tuple[Int64, RequestSet]:
        """Where the sources' events end [U], and some requests of the training period after them."""
        events = np.flatnonzero(dataset.wanted_before(train_end))
        at_ms = np.asarray(dataset.columns.at_ms)
        if not len(events) or at_ms[events].min() == at_ms[events].max():
            raise EvaluationError(
                "gbt-lambdarank: expected training events at different times, came none; logs that know only the order "
                "have no rates of the last hours"
            )
        times = np.sort(at_ms[events])
        moment = max(int(times[int(SOURCES_SHARE * (len(times) - 1))]), int(times[0]) + 1)
        everyone = np.arange(dataset.columns.num_customers, dtype=np.int32)
        before = history_before(dataset.columns, everyone, np.full(len(everyone), moment))
        requests = requests_of_events(dataset, events[at_ms[events] >= moment])
        drawn = np.random.default_rng(self.seed).permutation(len(requests))[: self.most_requests]
        return np.minimum(before, train_end), requests.take(np.sort(drawn))

    def _parameters(self, gains: list[float]) -> dict[str, Any]:
        return {
            "objective": "lambdarank", "label_gain": gains, "num_leaves": self.num_leaves,
            "learning_rate": self.learning_rate, "min_data_in_leaf": self.min_leaf, "seed": self.seed,
            "feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1, "deterministic": True,
            "force_row_wise": True, "verbosity": -1,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedGbt:
    """See `Gbt`."""

    name: str
    dataset: Dataset
    shortlist: Shortlist
    trees: Any
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        return self.for_all(requests).scores(requests)

    def for_all(self, requests: RequestSet) -> RankedLists:
        """The same answers, found for all requests in one replay of the log."""
        rows = self.shortlist.candidates(requests)
        scores = np.zeros(rows.shape, dtype=np.float32)
        for places, values in _features(self.shortlist, requests, rows):
            predicted = self.trees.predict(values.reshape(-1, values.shape[-1]))
            scores[places] = predicted.reshape(len(places), -1)
        return RankedLists.of(self.name, requests, rows, scores, self.popular)


def static_features(dataset: Dataset) -> Int32:
    """[N, 2] category node and brand as codes, -1 where unknown."""
    return np.stack([dataset.catalog.category, dataset.brand_codes()], axis=1)


def _examples(listed: Shortlist, requests: RequestSet) -> tuple[Rows, Float]:
    """Candidates [R, K], what was wanted among them, and their gains [R, K]."""
    request, number = requests.of_truth(), np.diff(requests.truth_offsets)
    nth = np.arange(len(request)) - np.repeat(requests.truth_offsets[:-1], number)
    wanted = np.full((len(requests), MOST_WANTED), -1, dtype=np.int32)
    there = listed.dataset.catalog.first_seen_ms[requests.truth_rows] < requests.at_ms[request]
    kept = (nth < MOST_WANTED) & there
    wanted[request[kept], nth[kept]] = requests.truth_rows[kept]
    rows = each_once(np.concatenate([listed.candidates(requests), wanted], axis=1))
    truth, column = np.nonzero((rows[request] == requests.truth_rows[:, None]) & there[:, None])
    gain = np.zeros(rows.shape, dtype=np.float32)
    gain[request[truth], column] = requests.truth_gain[truth]
    return rows, gain


def _features(listed: Shortlist, requests: RequestSet, rows: Rows) -> Iterator[tuple[Int64, Float]]:
    """Places of some requests, in order of time, and the features [., K, F] of their candidates `rows [R, K]`."""
    static = static_features(listed.dataset)
    order = np.argsort(requests.at_ms, kind="stable")
    for start in range(0, len(order), REQUESTS_AT_ONCE):
        places = order[start : start + REQUESTS_AT_ONCE]
        some, candidates = requests.take(places), rows[places]
        moving = point_in_time(listed.dataset, some, candidates).values
        fixed = np.where(candidates[..., None] >= 0, static[candidates], -1).astype(np.float32)
        yield places, np.concatenate([moving, listed.said(some, candidates), fixed], axis=-1)


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the requests drawn for training and of the trees."""
    return Space(
        make=partial(Gbt, seed=seed),
        starts=(Gbt(seed=seed),),
        parameters={
            "rounds": Choice((50, 100, 200)),
            "num_leaves": Choice((7, 15, 31, 63)),
            "learning_rate": Range(low=0.02, high=0.3, log=True),
            "min_leaf": Choice((20, 100, 300)),
        },
    )
