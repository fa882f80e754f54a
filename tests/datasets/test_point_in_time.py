"""Training values: what was known at each request's moment, nothing later. Leaks are planted, and must be found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.conftest import rows_as

from shopwindow.datasets.columns import EventColumns
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.exposures import in_view
from shopwindow.datasets.point_in_time import FeaturePlan, FeatureValues, point_in_time
from shopwindow.datasets.requests import RequestSet, history_before, requests_of_events
from shopwindow.features.windowed.counters import DAY_MS, HOUR_MS
from shopwindow.features.windowed.definitions import Counts, Recency
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.schema.arrays import Rows
from shopwindow.schema.events import IMPRESSIONS

NOW = 1_700_000_000_000
COUNTERS = (Counts("item", (("click", 0),), ("1h", "30d")), Recency("customer", (("click", 0),)))
Values = Callable[[Dataset, RequestSet, Rows], FeatureValues]


def random_rows(seed: int, size: int = 300) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        {
            "customer_key": int(rng.integers(1, 6)),
            "at_ms": NOW + int(rng.integers(0, 60)) * HOUR_MS,  # many at equal times
            "item_key": int(rng.integers(0, 6)),
            "action": str(rng.choice(["click", "cart", "purchase", "hide"])),
            "query": rng.choice([None, "boots", "coat"]),
        }
        for _ in range(size)
    ]


def all_requests(dataset: Dataset) -> tuple[RequestSet, Rows]:
    """A request per wanted event, in an order that is not that of time, with all items as candidates."""
    requests = requests_of_events(dataset, np.arange(dataset.columns.num_events))
    shuffled = requests.take(np.random.default_rng(0).permutation(len(requests)))
    return shuffled, np.tile(np.arange(dataset.num_items, dtype=np.int32), (len(shuffled), 1))


def column(found: FeatureValues, name: str) -> np.ndarray:
    return found.values[..., found.names.index(name)]


def without_events_from(dataset: Dataset, moment_ms: int) -> Dataset:
    """The data set as it was before this moment: nothing later was ever recorded."""
    columns = dataset.columns
    kept = np.asarray(columns.at_ms) < moment_ms
    offsets = np.append(0, np.cumsum(kept))[columns.offsets].astype(np.int64)
    per_event = ("item_key", "action", "at_ms", "surface", "category", "query", "session", "position")
    cut: dict[str, Any] = {name: getattr(columns, name)[kept] for name in per_event}
    shorter: EventColumns = replace(columns, **cut, offsets=offsets)
    return replace(
        dataset,
        columns=shorter,
        item_row=dataset.item_row[kept],
        category_node=dataset.category_node[kept],
    )


def num_leaking(values: Values, dataset: Dataset) -> int:
    """Requests whose values change when the request's own moment and all after it are taken out of the record."""
    requests, candidates = all_requests(dataset)
    found = values(dataset, requests, candidates).values
    leaking = 0
    for moment in np.unique(requests.at_ms).tolist():
        here = np.flatnonzero(requests.at_ms == moment)
        shorter, then = without_events_from(dataset, moment), requests.take(here)
        ends = history_before(shorter.columns, then.customer, then.at_ms)
        past = values(shorter, replace(then, history_end=ends), candidates[here]).values
        leaking += int((past.view(np.int32) != found[here].view(np.int32)).any(axis=(1, 2)).sum())
    return leaking


def test_nothing_at_or_after_the_request_is_seen(make_dataset) -> None:
    assert num_leaking(point_in_time, make_dataset(random_rows(1))) == 0


def test_a_leak_of_the_requests_own_moment_is_found(make_dataset) -> None:
    def with_own_moment(dataset: Dataset, requests: RequestSet, candidates: Rows) -> FeatureValues:
        return point_in_time(dataset, replace(requests, at_ms=requests.at_ms + 1), candidates)

    dataset = make_dataset(random_rows(1))
    requests, _ = all_requests(dataset)
    assert num_leaking(with_own_moment, dataset) == len(
        requests
    )  # each sees at least the event that it led to


def test_a_leak_of_todays_counters_into_yesterdays_rows_is_found(make_dataset) -> None:
    def as_of_today(dataset: Dataset, requests: RequestSet, candidates: Rows) -> FeatureValues:
        end_of_day = -(-(requests.at_ms + 1) // DAY_MS) * DAY_MS
        return point_in_time(dataset, replace(requests, at_ms=end_of_day), candidates)

    assert num_leaking(as_of_today, make_dataset(random_rows(1))) > 0


def test_counts_recency_and_meetings_by_hand(make_dataset) -> None:
    rows = [
        {"customer_key": 1, "at_ms": NOW - 2 * HOUR_MS, "item_key": 0, "action": "click"},
        {"customer_key": 2, "at_ms": NOW - 10_000, "item_key": 0, "action": "click"},
        {"customer_key": 1, "at_ms": NOW - 9_000, "item_key": 1, "action": "cart"},
        {"customer_key": 1, "at_ms": NOW, "item_key": 0, "action": "purchase"},
    ]
    dataset = make_dataset(rows)
    request = requests_of_events(dataset, np.flatnonzero(np.asarray(dataset.columns.at_ms) == NOW))
    item = {key: row for row, key in enumerate(dataset.catalog.item_key.tolist())}
    candidates = np.array([[item[0], item[1], item[4], -1]], dtype=np.int32)  # a/x, a/x, b, padding
    found = point_in_time(dataset, request, candidates)

    def values(name: str) -> list[float]:
        return column(found, name)[0].tolist()

    assert found.values.shape == (1, 4, len(found.names))
    assert values("item.click.5m") == [1, 0, 0, 0]
    assert values("item.click.1d") == [2, 0, 0, 0]
    assert values("item.purchase.30d") == [0, 0, 0, 0]
    assert values("category.click.1d")[:3] == [2, 2, 0]
    assert values("customer.click.1d") == [1, 1, 1, 1]
    assert values("customer.cart.1d") == [1, 1, 1, 1]
    assert values("item.click.since") == pytest.approx([np.log1p(10), *[np.nan] * 3], nan_ok=True)
    assert values("customer.click.since") == pytest.approx([np.log1p(7200)] * 4)
    assert values("item.met") == [1, 1, 0, 0]
    assert values("item.met_since") == pytest.approx(
        [np.log1p(7200), np.log1p(9), np.nan, np.nan], nan_ok=True
    )
    assert values("category.met") == [2, 2, 0, 0]
    assert values("customer.actions") == [2] * 4
    assert values("customer.distinct_items") == [2] * 4


def test_a_rate_is_drawn_towards_its_category_the_shop_and_five_percent(make_dataset) -> None:
    rows = [{"customer_key": n, "at_ms": NOW - 1, "item_key": 0, "action": "click"} for n in range(10)]
    rows += [{"customer_key": n, "at_ms": NOW - 1, "item_key": 0, "action": "cart"} for n in range(5)]
    rows += [{"customer_key": 1, "at_ms": NOW, "item_key": 0, "action": "click"}]
    dataset = make_dataset(rows)
    request = requests_of_events(dataset, np.flatnonzero(np.asarray(dataset.columns.at_ms) == NOW))
    item = {key: row for row, key in enumerate(dataset.catalog.item_key.tolist())}
    found = point_in_time(dataset, request, np.array([[item[0], item[1], item[2], item[4]]], dtype=np.int32))
    shop = (5 + 20 * 0.05) / (10 + 20)
    same_category = (5 + 20 * shop) / (10 + 20)
    expected = [(5 + 20 * same_category) / (10 + 20), same_category, shop, shop]
    assert column(found, "item.cart_per_click.1d")[0] == pytest.approx(expected, rel=1e-6)
    assert np.isnan(column(found, "item.click_per_impression.1d")).all()  # this log knows no impressions


def test_the_order_of_requests_does_not_matter(make_dataset) -> None:
    dataset = make_dataset(random_rows(2))
    requests, candidates = all_requests(dataset)
    found = point_in_time(dataset, requests, candidates).values
    order = np.random.default_rng(3).permutation(len(requests))
    again = point_in_time(dataset, requests.take(order), candidates[order]).values
    assert again.tobytes() == found[order].tobytes()


@pytest.mark.parametrize("freshness", [Freshness(stale_ms=HOUR_MS), Freshness(every_ms=5 * HOUR_MS)])
def test_stale_values_are_those_of_an_earlier_moment(make_dataset, freshness: Freshness) -> None:
    dataset = make_dataset(random_rows(4))
    requests, candidates = all_requests(dataset)
    stale = point_in_time(
        dataset, requests, candidates, FeaturePlan(definitions=COUNTERS, freshness=freshness)
    ).values
    moments = (
        requests.at_ms - HOUR_MS if freshness.stale_ms else requests.at_ms // (5 * HOUR_MS) * (5 * HOUR_MS)
    )
    fresh = FeaturePlan(definitions=COUNTERS)
    earlier = point_in_time(dataset, replace(requests, at_ms=moments), candidates, fresh).values
    assert stale.tobytes() == earlier.tobytes()
    assert stale.tobytes() != point_in_time(dataset, requests, candidates, fresh).values.tobytes()


def test_what_was_shown_counts_where_it_is_known(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": NOW, "item_key": 0, "action": "click"}])
    seen = [
        {"at_ms": NOW - 1, "customer_key": 1, "item_key": 0},
        {"at_ms": NOW, "customer_key": 1, "item_key": 0},
    ]
    requests, candidates = all_requests(dataset)
    plan = FeaturePlan(exposures=(in_view(rows_as(seen, IMPRESSIONS), dataset.shop),))
    found = point_in_time(dataset, requests, candidates, plan)
    item = dataset.catalog.item_key.tolist().index(0)
    assert column(found, "item.impression.1d")[0].tolist() == [float(row == item) for row in range(6)]
    assert np.isfinite(column(found, "item.click_per_impression.1d")).all()
