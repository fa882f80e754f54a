"""Protocols: one recommender, one set of requests, every metric that applies.

Legend: R requests, B requests of a part, T wanted items, N items, K places, C places of a curve.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Foresighted, Recommender
from shopwindow.datasets.requests import RequestSet, cached_for
from shopwindow.errors import EvaluationError
from shopwindow.evaluation import diversity, exposure, metrics
from shopwindow.evaluation.metrics import Ranks, Values
from shopwindow.evaluation.ranking import (
    PROTOCOLS,
    Protocol,
    candidates,
    first_places,
    order_keys,
    ranks_of,
    tie_order,
)
from shopwindow.evaluation.serendipity import most_popular, popular_among, serendipity
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows

RECALL_AT: Final = (10, 100, 500)
NDCG_AT: Final = (6, 10, 84, 500)
CURVE_AT: Final = (1, 2, 3, 6, 10, 24, 50, 84, 150, 250, 500)
PAGE: Final = 24  # places of a page, for runs of one brand
SHOWN: Final = 10  # places that count as exposure
LARGEST_PART: Final = 512
BYTES_PER_SCORE: Final = 32  # score, order key and what comparing them takes
WEEK_MS: Final = 7 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOptions:
    """protocol: which items are candidates. seed: of the order that breaks ties. part_mib: memory for one part.

    new_ms: an item is new for so long after it was first seen; by default a week, or a tenth of the log if that is less.
    stale_ms: ages at which NDCG@10 is measured once more, with what is known of a customer cached for so long.
    """

    protocol: Protocol = "temporal"
    seed: int = 0
    part_mib: int = 8  # small parts stay in the processor's cache: half the time of 128
    new_ms: int | None = None
    stale_ms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What one recommender reached.

    `values`: metric -> [R], one value per request, NaN where it does not apply. `totals`: metrics of all pages
    together. `customer [R]`: whose request it was, the unit that significance resamples. `curves`: metric -> [C] means
    at `CURVE_AT`. `stale`: age in ms -> [R] NDCG@10 when the customer was last read so long before the request.
    """

    name: str
    protocol: Protocol
    values: dict[str, Values]
    totals: dict[str, float]
    customer: Int32
    curves: Mapping[str, Values] = field(default_factory=dict)
    stale: Mapping[int, Values] = field(default_factory=dict)

    def mean(self, metric: str) -> float:
        """Mean over the requests to which the metric applies."""
        return float(np.nanmean(self.values[metric]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """What came of asking: ranks of the wanted items and the first items [R, K].

    `expected [T]`: popularity has the wanted item among its first ten, too. `counts [N]`: what popularity counts.
    """

    ranks: Ranks
    pages: Rows
    expected: Bool
    counts: Int64


def evaluate(
    recommender: Recommender,
    dataset: Dataset,
    requests: RequestSet,
    options: EvaluationOptions,
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Rank the whole catalogue for every request and measure; `advance` is told the number of requests done.

    Raises:
        EvaluationError: there is no request, the protocol is unknown, or it knows no time but stale inputs are asked for.
        ContractError: the recommender's scores have the wrong shape or hold NaN.
    """
    if options.protocol not in PROTOCOLS:
        raise EvaluationError(f"protocol: expected one of {', '.join(PROTOCOLS)}, came {options.protocol!r}")
    if not len(requests):
        raise EvaluationError("expected requests to judge by, came none; make the test period longer")
    if options.stale_ms and options.protocol == "leave-one-out":
        raise EvaluationError(
            "stale inputs need requests in time, came leave-one-out, which knows the order only"
        )
    found = ranked(recommender, dataset, requests, options, advance)
    return Outcome(
        name=recommender.name,
        protocol=options.protocol,
        values=_values(found, dataset, requests, options),
        totals=_totals(found.pages, found.counts),
        customer=requests.customer,
        curves={
            "recall": np.array([metrics.recall(found.ranks, k).mean() for k in CURVE_AT]),
            "ndcg": np.array([metrics.ndcg(found.ranks, k).mean() for k in CURVE_AT]),
        },
        stale={
            age: metrics.ndcg(
                ranked(_Cached.of(recommender, dataset, requests, age), dataset, requests, options).ranks, 10
            )
            for age in options.stale_ms
        },
    )


def ranked(
    recommender: Recommender,
    dataset: Dataset,
    requests: RequestSet,
    options: EvaluationOptions,
    advance: Callable[[int], None] = lambda _: None,
) -> Ranking:
    """Rank the catalogue for every request, part by part so that memory stays bounded."""
    if isinstance(recommender, Foresighted):
        recommender = recommender.for_all(requests)
    tie = tie_order(dataset.num_items, options.seed)
    counts = counts_before(dataset, requests, options.protocol)
    popular = most_popular(counts, tie)
    size = int(options.part_mib * 2**20 / (BYTES_PER_SCORE * dataset.num_items))
    size = min(max(1, size), LARGEST_PART)
    rank, top, number, expected = [], [], [], []
    for start in range(0, len(requests), size):
        part = requests.part(start, start + size)
        allowed = candidates(dataset, part, options.protocol)
        keys = order_keys(recommender.scores(part), allowed, tie)
        rank.append(ranks_of(keys, part))
        top.append(first_places(keys, PAGE))
        number.append(allowed.sum(axis=1))
        expected.append(popular_among(allowed, popular, SHOWN)[part.of_truth(), part.truth_rows])
        advance(len(part))
    return Ranking(
        ranks=Ranks(
            request=requests.of_truth(),
            rank=np.concatenate(rank),
            gain=requests.truth_gain,
            num_candidates=np.concatenate(number),
        ),
        pages=np.concatenate(top),
        expected=np.concatenate(expected),
        counts=counts,
    )


@dataclass(frozen=True, slots=True)
class _Cached:
    """The recommender where what it reads of a customer is `age_ms` old."""

    inner: Recommender
    dataset: Dataset
    age_ms: int

    @classmethod
    def of(cls, inner: Recommender, dataset: Dataset, requests: RequestSet, age_ms: int) -> "_Cached":
        """Told of all requests beforehand where that makes answers cheaper."""
        if isinstance(inner, Foresighted):
            inner = inner.for_all(cached_for(dataset, requests, age_ms))
        return cls(inner, dataset, age_ms)

    @property
    def name(self) -> str:
        return self.inner.name

    def scores(self, requests: RequestSet) -> Float:
        return self.inner.scores(cached_for(self.dataset, requests, self.age_ms))


def _values(
    found: Ranking, dataset: Dataset, requests: RequestSet, options: EvaluationOptions
) -> dict[str, Values]:
    ranks = found.ranks
    if options.protocol == "leave-one-out":
        return {
            "ndcg@10": metrics.ndcg(ranks, 10),
            **{f"recall@{k}": metrics.recall(ranks, k) for k in (1, *RECALL_AT)},
            "mrr@20": metrics.reciprocal_rank(ranks, 20),
        }
    values = {f"ndcg@{k}": metrics.ndcg(ranks, k) for k in NDCG_AT}
    values |= {f"recall@{k}": metrics.recall(ranks, k) for k in RECALL_AT}
    values |= {
        "mrr@20": metrics.reciprocal_rank(ranks, 20),
        "hit-rate@10": metrics.hit_rate(ranks, 10),
        "precision@10": metrics.precision(ranks, 10),
        "auc": metrics.auc(ranks),
        "serendipity@10": serendipity(ranks, found.expected, SHOWN),
    }
    new = is_new(dataset, requests, options)
    if new.any() and not new.all():
        values["new-item-recall@100"] = metrics.recall_of(ranks, new, 100)
    return values | _diversity(found.pages, dataset)


def _diversity(pages: Rows, dataset: Dataset) -> dict[str, Values]:
    """How different from one another the items of each page are; what the catalogue does not know is left out."""
    values, first = {}, pages[:, :SHOWN]
    brand = dataset.brand_codes()
    if (brand >= 0).any():
        values["brand-run@24"] = diversity.longest_run(_labels(brand, pages))
    if len(dataset.catalog.categories) > 1:
        category = _labels(dataset.catalog.category, first)
        values["category-entropy@10"] = diversity.label_entropy(category)
        values["category-diversity@10"] = diversity.label_diversity(category)
    content = diversity.content_of(dataset.catalog, dataset.shop)
    if content.any():
        values["content-diversity@10"] = diversity.content_diversity(content, first)
    return values


def _totals(pages: Rows, counts: Int64) -> dict[str, float]:
    shown = exposure.exposure(pages[:, :SHOWN], len(counts))
    return {
        f"coverage@{SHOWN}": exposure.coverage(shown),
        f"effective-items@{SHOWN}": exposure.effective_size(shown),
        f"gini@{SHOWN}": exposure.gini(shown),
        f"tail-share@{SHOWN}": exposure.tail_share(shown, counts),
        f"popularity@{SHOWN}": exposure.popularity_of_shown(shown, counts),
    }


def is_new(dataset: Dataset, requests: RequestSet, options: EvaluationOptions) -> Bool:
    """[T] wanted items that were first seen less than `new_ms` before their request."""
    at_ms, new_ms = np.asarray(dataset.columns.at_ms), options.new_ms
    if new_ms is None:
        new_ms = min(WEEK_MS, int(at_ms.max() - at_ms.min()) // 10)
    age = requests.at_ms[requests.of_truth()] - dataset.catalog.first_seen_ms[requests.truth_rows]
    return age < new_ms


def counts_before(dataset: Dataset, requests: RequestSet, protocol: Protocol) -> Int64:
    """[N] wanted actions before all these requests; where only the order is known, of each customer before theirs."""
    columns = dataset.columns
    if protocol != "leave-one-out":
        return dataset.item_counts(dataset.wanted() & (columns.at_ms < requests.at_ms.min()))
    until: Int64 = np.asarray(columns.offsets[1:]).copy()
    np.minimum.at(until, requests.customer, requests.history_end)
    return dataset.item_counts(dataset.wanted_before(until))


def _labels(label: Int32, pages: Rows) -> Int32:
    return np.where(pages >= 0, label[np.maximum(pages, 0)], -1).astype(np.int32)
