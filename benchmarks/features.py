"""Windowed counters: events per second, time to read, bytes, and whether live values are those of training.

`make bench NAME=features`. The events are made up, nothing of --data is read; ARGS="--events 200000" for a quick look.
"""

import argparse
import time
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from benchmarks.record import Row, command_line, peak_mib, this_commit, write_results
from shopwindow.datasets.columns import EventColumns
from shopwindow.datasets.dataset import Dataset, dataset_of
from shopwindow.datasets.point_in_time import FeaturePlan, point_in_time
from shopwindow.datasets.requests import requests_of_events
from shopwindow.features.customer import NEW_CUSTOMER, CustomerState, StateRules, apply
from shopwindow.features.windowed.counters import DAY_MS
from shopwindow.features.windowed.definitions import (
    HistorySize,
    Met,
    feature_names,
    feature_values,
    windowed_features,
)
from shopwindow.features.windowed.events import CountedEvents, imported, kinds
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.features.windowed.live import LiveRequests, counters_of
from shopwindow.features.windowed.prices import relative_prices
from shopwindow.features.windowed.reading import Asked
from shopwindow.features.windowed.state import WindowedState
from shopwindow.schema.arrays import Float, Rows
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS
from shopwindow.schema.live import ActionEvent
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import Logged, record_of

SHOP: Final = ShopConfig(name="features")
FEATURES: Final = windowed_features(SHOP)
NUM_KINDS: Final = len(kinds(SHOP))
START_MS: Final = 1_700_000_000_000
DAYS: Final = 45  # so that events leave every window too
ACTION_SHARES: Final = (0.8, 0.06, 0.08, 0.03, 0.01, 0.01, 0.01)
SEED: Final = 0
NO_QUERY: Final = np.array([-1], dtype=np.int32)
FIRST_SURFACE: Final = np.array([0], dtype=np.int16)


def made_up_dataset(num_events: int, num_items: int, num_customers: int) -> Dataset:
    """A log in which few items are often acted on, with queries, surfaces, prices and three levels of categories."""
    rng = np.random.default_rng(SEED)
    items = [
        {
            "item_key": key,
            "item_id": str(key),
            "brand": f"brand {key % 997}",
            "categories": [f"{key % 10}/{key % 100}/{key % 1000}"],
            "first_seen_ms": START_MS - key,
            "offers": [{"market": "default", "price_minor": 100 + key % 5000}],
        }
        for key in range(num_items)
    ]
    table = pa.Table.from_pylist([{name: item.get(name) for name in ITEMS.names} for item in items], ITEMS)
    customer = np.sort(rng.integers(0, num_customers, num_events))
    at_ms = START_MS + rng.integers(0, DAYS * DAY_MS, num_events)
    at_ms = at_ms[np.lexsort((at_ms, customer))]
    keys, first = np.unique(customer, return_index=True)
    nothing = np.full(num_events, -1, dtype=np.int32)
    columns = EventColumns(
        customer_key=rng.permutation(2**40 + np.arange(len(keys), dtype=np.int64) * 2**20),
        offsets=np.append(first, num_events).astype(np.int64),
        country=nothing[: len(keys)],
        device=nothing[: len(keys)],
        item_key=(num_items * rng.random(num_events) ** 3).astype(np.int32),
        action=rng.choice(len(SHOP.actions), num_events, p=ACTION_SHARES).astype(np.uint8),
        at_ms=at_ms,
        surface=rng.integers(-1, len(SHOP.surfaces), num_events).astype(np.int16),
        category=nothing,
        query=nothing,
        session=nothing,
        position=nothing.astype(np.int16),
        category_paths=(),
        fingerprint="made up",
    )
    return dataset_of(SHOP, columns, catalog_of(table))


def in_time(dataset: Dataset) -> CountedEvents:
    events = imported(dataset.columns)
    return events.take(np.argsort(events.at_ms, kind="stable"))


def row(protocol: str, metric: str, value: float, n: int) -> Row:
    return Row(
        dataset="simulated-events", protocol=protocol, model="windowed-counters", metric=metric, value=value, n=n,
        seed=SEED, peak_mib=peak_mib(), command=command_line(),
    )  # fmt: skip


def counting(dataset: Dataset, together: int) -> Row:
    """Events per second into all counters and out of the windows that have passed, on one thread."""
    events, state = in_time(dataset), WindowedState(NUM_KINDS)
    state.describe(dataset.catalog.table)
    batches = [
        events.take(np.arange(n, min(n + together, len(events)))) for n in range(0, len(events), together)
    ]
    begun, begun_cpu = time.perf_counter(), time.process_time()
    for batch in batches:
        state.add(batch)
        state.advance(int(batch.at_ms[-1]))
    spent, spent_cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    share = f"{spent_cpu / spent:.0%} of the time on a processor"
    found = row(f"{together} events per batch", "events_per_s", len(events) / spent, len(events))
    return replace(found, seconds=spent, note=share)


def sizes(dataset: Dataset) -> list[Row]:
    """Bytes of a slot (an item, an item on a surface, a customer, a brand, a category, a query) and of an event."""
    state = WindowedState(NUM_KINDS)
    state.describe(dataset.catalog.table)
    state.add(in_time(dataset))
    items, surfaces = dataset.num_items, np.asarray(dataset.columns.surface)
    pairs = np.unique(dataset.item_row[surfaces >= 0] * np.int64(256) + surfaces[surfaces >= 0])
    per_item = state.bytes_per_slot * (1 + len(pairs) / items)
    return [
        row("memory", "bytes_per_slot", state.bytes_per_slot, len(state.slots)),
        row("memory", "bytes_per_item_with_its_surfaces", per_item, items),
        row("memory", "bytes_per_retained_event", state.bytes_per_event, dataset.columns.num_events),
    ]


def reading(dataset: Dataset, num_candidates: int, count: int) -> list[Row]:
    """Microseconds for all features of one request's candidates, a second after the request before it."""
    counters = counters_of(SHOP, dataset.catalog.table, dataset.columns)
    end_ms = START_MS + (DAYS - 1) * DAY_MS
    counters.advance(end_ms)
    rng, price, state = np.random.default_rng(SEED), relative_prices(dataset.catalog, "default"), full_state()
    spent_us = []
    for n in range(count):
        rows = rng.choice(dataset.num_items, num_candidates, replace=False).astype(np.int32)
        customer = rng.choice(dataset.columns.customer_key, 1)
        asked = Asked(
            customer_key=customer,
            query=NO_QUERY,
            surface=FIRST_SURFACE,
            item_key=dataset.catalog.item_key[rows][None],
        )
        requests = live_requests(dataset, asked, rows, price, end_ms + n * 1000)
        begun = time.perf_counter()
        feature_values(FEATURES, counters.inputs(replace(requests, states=[state]), Freshness()))
        spent_us.append((time.perf_counter() - begun) * 1e6)
    protocol = f"read {len(feature_names(FEATURES))} features of {num_candidates} candidates"
    return [row(protocol, f"p{p}_us", float(np.percentile(spent_us, p)), count) for p in (50, 99)]


def full_state() -> CustomerState:
    """A customer with 100 actions."""
    events = [
        ActionEvent(event_id=str(n), at_ms=START_MS + n, customer_key=1, item_key=n, action="click")
        for n in range(100)
    ]
    return apply(NEW_CUSTOMER, events, StateRules.of(SHOP))


def live_requests(dataset: Dataset, asked: Asked, rows: Rows, price: Float, at_ms: int) -> LiveRequests:
    """One request for these catalogue rows, of a customer without a history."""
    return LiveRequests(
        at_ms=at_ms,
        asked=asked,
        states=[NEW_CUSTOMER],
        first_seen_ms=dataset.catalog.first_seen_ms[rows][None],
        relative_price=price[rows][None],
    )


def parity(dataset: Dataset, num_requests: int) -> list[Row]:
    """Live records in ragged batches against values replayed from columns: compared and different values.

    Features of a customer's own history are not among them: state per customer is benchmarks/state.py's, and
    tests/features/windowed/test_live.py compares them.
    """
    definitions = tuple(each for each in FEATURES if not isinstance(each, Met | HistorySize))
    rng = np.random.default_rng(SEED)
    chosen = np.sort(rng.choice(dataset.columns.num_events, num_requests, replace=False))
    requests = requests_of_events(dataset, chosen)
    requests = requests.take(np.argsort(requests.at_ms, kind="stable"))
    candidates = (dataset.num_items * rng.random((len(requests), 50)) ** 3).astype(np.int32)
    trained = point_in_time(dataset, requests, candidates, FeaturePlan(definitions=definitions)).values
    counters, price = counters_of(SHOP, dataset.catalog.table), relative_prices(dataset.catalog, "default")
    events, applied, different = in_time(dataset), 0, 0
    for r, stop in enumerate(events.at_ms.searchsorted(requests.at_ms).tolist()):
        while applied < stop:
            size = min(int(rng.integers(1, 5000)), stop - applied)
            counters.apply(records(events, applied, applied + size))
            applied += size
        asked = Asked(
            customer_key=dataset.columns.customer_key[requests.customer[r : r + 1]],
            query=requests.query[r : r + 1],
            surface=requests.surface[r : r + 1].astype(np.int16),
            item_key=dataset.catalog.item_key[candidates[r]][None],
        )
        now = live_requests(dataset, asked, candidates[r], price, int(requests.at_ms[r]))
        live = feature_values(definitions, counters.inputs(now, Freshness()))[0]
        different += int((live.view(np.int32) != trained[r].view(np.int32)).sum())
    protocol = f"live records against columns, {applied} events"
    return [
        row(protocol, "values_compared", trained.size, len(requests)),
        row(protocol, "values_different", different, len(requests)),
    ]


def records(events: CountedEvents, first: int, stop: int) -> list[Logged]:
    """Log records of events first .. stop-1."""
    chosen = events.take(np.arange(first, stop))
    surfaces = (*SHOP.surface_names, None)
    facts = zip(
        chosen.at_ms.tolist(),
        chosen.item_key.tolist(),
        chosen.customer_key.tolist(),
        chosen.kind.tolist(),
        chosen.surface.tolist(),
        strict=True,
    )
    return [
        Logged(
            first + n + 1,
            record_of(
                ActionEvent(
                    event_id=str(first + n), at_ms=at_ms, customer_key=customer, item_key=item,
                    action=SHOP.action_names[kind], surface=surfaces[surface],
                )
            ),
        )
        for n, (at_ms, item, customer, kind, surface) in enumerate(facts)
    ]  # fmt: skip


def replaying(dataset: Dataset, num_requests: int, freshness: Freshness) -> Row:
    """Training requests per second, each with all features of 100 candidates."""
    rng = np.random.default_rng(SEED)
    requests = requests_of_events(
        dataset, np.sort(rng.choice(dataset.columns.num_events, num_requests, replace=False))
    )
    candidates = rng.integers(0, dataset.num_items, (len(requests), 100)).astype(np.int32)
    begun = time.perf_counter()
    point_in_time(dataset, requests, candidates, FeaturePlan(freshness=freshness))
    spent = time.perf_counter() - begun
    protocol = f"training values of 100 candidates, counters every {freshness.every_ms} ms"
    return replace(row(protocol, "requests_per_s", len(requests) / spent, len(requests)), seconds=spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not read")
    parser.add_argument("--events", type=int, default=2_200_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    this_commit()
    dataset = made_up_dataset(given.events, given.items, given.customers)
    rows = [counting(dataset, together) for together in (1000, 100_000)]
    rows += [*sizes(dataset), *reading(dataset, 500, 1000), *parity(dataset, 2000)]
    rows += [
        replaying(dataset, given.requests, Freshness()),
        replaying(dataset, given.requests, Freshness(every_ms=300_000)),
    ]
    write_results("features", rows)


if __name__ == "__main__":
    main()
