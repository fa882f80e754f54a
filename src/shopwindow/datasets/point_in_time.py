"""Windowed features as they were at each request's moment: the data set's events replayed through the live code.

Legend: R requests, K candidates, F features, L actions, E events.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.features.journey import MAX_ACTIONS
from shopwindow.features.windowed.definitions import (
    Candidates,
    Definition,
    Inputs,
    feature_names,
    feature_values,
    windowed_features,
)
from shopwindow.features.windowed.events import CountedEvents, concatenated, imported, kinds
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.features.windowed.histories import Histories
from shopwindow.features.windowed.prices import relative_prices
from shopwindow.features.windowed.reading import Asked
from shopwindow.features.windowed.state import WindowedState
from shopwindow.schema.arrays import Float, Int64, Rows

PAIRS_AT_ONCE: Final = 8192  # requests times candidates whose values are computed together


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePlan:
    """Which features, and how old they may be.

    `definitions`: () = features.windowed.definitions.windowed_features of the shop. `exposures`: impressions and pages, which
    a data set does not hold; () = none are known. `market`: whose prices; "" = the shop's first. `standing`: counters that
    somebody else feeds, read as they stand, instead of a replay of the data set's events.
    """

    definitions: tuple[Definition, ...] = ()
    freshness: Freshness = field(default_factory=Freshness)
    exposures: tuple[CountedEvents, ...] = ()
    market: str = ""
    standing: "FeatureSource | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class FeatureValues:
    """`values [R, K, F]`, NaN = not known; `names [F]`."""

    names: tuple[str, ...]
    values: Float


def point_in_time(
    dataset: Dataset,
    requests: RequestSet,
    candidates: Rows,
    plan: FeaturePlan = FeaturePlan(),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FeatureValues:
    """What serving would have read for `candidates [R, K]` at each request: nothing at or after its moment is seen.

    Requests in any order; row -1 is padding. A customer's history ends at the request's `history_end`
    (datasets.requests.cached_for makes it older). `progress(done, total)` counts requests. Brand, category and price are
    those of the catalogue, which keeps no history of them. The values take 4 R K F bytes: pass parts in order of time
    where that is too much, each part replays the events before it.
    """
    names = live_names(dataset, plan)
    values = np.empty((*candidates.shape, len(names)), dtype=np.float32)
    done = 0
    for places, some in values_in_time(dataset, requests, candidates, plan):
        values[places] = some
        done += len(places)
        progress(done, len(requests))
    return FeatureValues(names, values)


def live_names(dataset: Dataset, plan: FeaturePlan) -> tuple[str, ...]:
    """[F] what the values are called."""
    return feature_names(plan.definitions or windowed_features(dataset.shop))


def values_in_time(
    dataset: Dataset, requests: RequestSet, candidates: Rows, plan: FeaturePlan = FeaturePlan()
) -> Iterator[tuple[Int64, Float]]:
    """The values of `point_in_time` in one replay, a part at a time: places of n requests, and [n, K, F]."""
    definitions = plan.definitions or windowed_features(dataset.shop)
    source = FeatureSource.of(dataset, plan) if plan.standing is None else plan.standing.reading(dataset)
    as_of = plan.freshness.as_of(requests.at_ms)
    order = np.argsort(as_of, kind="stable")
    size = max(1, PAIRS_AT_ONCE // max(1, candidates.shape[1]))
    for start in range(0, len(order), size):
        places = order[start : start + size]
        inputs = source.inputs(requests.take(places), candidates[places], as_of[places])
        yield places, feature_values(definitions, inputs)


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSource:
    """The data set with counters that move through it. `as_of` must not fall from call to call."""

    dataset: Dataset
    state: WindowedState
    relative_price: Float

    @classmethod
    def of(cls, dataset: Dataset, plan: FeaturePlan) -> "FeatureSource":
        """With all that the data set and the plan's exposures know."""
        state = WindowedState(len(kinds(dataset.shop)), dataset.shop.category_separator)
        state.describe(dataset.catalog.table)
        state.add(concatenated([imported(dataset.columns), *plan.exposures]))
        market = plan.market or dataset.shop.market_codes[0]
        return cls(dataset, state, relative_prices(dataset.catalog, market))

    def reading(self, dataset: Dataset) -> "FeatureSource":
        """The same counters beside the histories of another data set with this catalogue."""
        return replace(self, dataset=dataset)

    def inputs(self, requests: RequestSet, candidates: Rows, as_of: Int64) -> Inputs:
        catalog = self.dataset.catalog
        item_key = np.where(candidates >= 0, catalog.item_key[candidates], -1)
        asked = Asked(
            customer_key=self.dataset.columns.customer_key[requests.customer],
            query=requests.query,
            surface=requests.surface.astype(np.int16),
            item_key=item_key,
        )
        return Inputs(
            at_ms=requests.at_ms,
            counters=self.state.read(asked, as_of),
            candidates=Candidates(
                labels=self.state.labels(item_key),
                first_seen_ms=np.where(candidates >= 0, catalog.first_seen_ms[candidates], 0),
                relative_price=np.where(candidates >= 0, self.relative_price[candidates], np.float32(np.nan)),
            ),
            histories=self._histories(requests),
        )

    def _histories(self, requests: RequestSet) -> Histories:
        columns = self.dataset.columns
        start = np.maximum(requests.history_end - MAX_ACTIONS, columns.offsets[requests.customer])
        length = (requests.history_end - start).astype(np.int32)
        step = np.arange(max(1, int(length.max(initial=0))))[None, :]
        real = step < length[:, None]
        places = (start[:, None] + step)[real]
        item_key, at_ms = np.full(real.shape, -1, dtype=np.int32), np.zeros(real.shape, dtype=np.int64)
        item_key[real], at_ms[real] = columns.item_key[places], columns.at_ms[places]
        return Histories(labels=self.state.labels(item_key), at_ms=at_ms, length=length)
