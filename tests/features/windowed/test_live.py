"""The live path: the same values from log records as training reads from columns, bit by bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.features.windowed.counting import NOW, item_table

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import Dataset, dataset_of
from shopwindow.datasets.point_in_time import FeaturePlan, point_in_time
from shopwindow.datasets.requests import requests_of_events
from shopwindow.errors import StateError
from shopwindow.features.customer import NEW_CUSTOMER, StateRules
from shopwindow.features.journey import hashed
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.updater import update
from shopwindow.features.windowed.definitions import feature_values, windowed_features
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.features.windowed.live import LiveCounters, LiveRequests, counters_of, recovered_counters
from shopwindow.features.windowed.prices import relative_prices
from shopwindow.features.windowed.reading import Asked
from shopwindow.schema.arrays import Float
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import ACTIONS
from shopwindow.schema.live import ActionEvent, ConsentEvent, ImpressionEvent, ItemEvent, LiveEvent, PageEvent
from shopwindow.schema.shop import Action, ShopConfig
from shopwindow.stream.event_log import Logged, Record, record_of
from shopwindow.stream.memory_log import MemoryLog

SHOP = ShopConfig(name="test")
FEATURES = windowed_features(SHOP)
NAMES = tuple(name for each in FEATURES for name in each.names)
HOUR_MS = 3_600_000
COUNTED = [
    n
    for n, name in enumerate(NAMES)
    if name.split(".")[-1] in ("5m", "1h", "1d", "7d", "30d") and "_per_" not in name
]
FRESH = Freshness()
ITEMS_ASKED = np.arange(12, dtype=np.int32)


def actions(seed: int, size: int) -> list[ActionEvent]:
    """Actions of up to nine days in the order of arrival: nearly that of time, some come late."""
    rng = np.random.default_rng(seed)
    at_ms = NOW + np.sort(rng.integers(0, 9 * 24 * HOUR_MS, size))
    late = np.where(rng.random(size) < 0.05, rng.integers(0, 40 * HOUR_MS, size), 0)
    return [
        ActionEvent(
            event_id=f"e{n}",
            at_ms=int(at_ms[n] - late[n]),
            customer_key=int(rng.integers(1, 9)),
            item_key=int(rng.integers(0, 12)),
            action=str(rng.choice(SHOP.action_names)),
            query=rng.choice([None, "boots"]),
            surface=rng.choice([None, *SHOP.surface_names]),
        )
        for n in range(size)
    ]


def dataset_from(events: list[ActionEvent]) -> Dataset:
    names = [name for name in ACTIONS.names if hasattr(events[0], name)]
    table = pa.Table.from_pylist(
        [{name: getattr(event, name) for name in names} for event in events], ACTIONS
    )
    return dataset_of(SHOP, columns_from_table(table, None, SHOP), catalog_of(item_table()))


def logged(events: list[LiveEvent], first: int = 1) -> list[Logged]:
    return [Logged(first + n, record_of(event)) for n, event in enumerate(events)]


def ragged(batch: list[Logged], seed: int) -> list[list[Logged]]:
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, len(batch) + 1, max(2, len(batch) // 20))).tolist()
    return [batch[a:b] for a, b in zip([0, *cuts], [*cuts, len(batch)], strict=True)]


def asked_by(customer_key: int, query: int = -1, surface: int = -1) -> Asked:
    return Asked(
        customer_key=np.array([customer_key]),
        query=np.array([query], dtype=np.int32),
        surface=np.array([surface], dtype=np.int16),
        item_key=ITEMS_ASKED[None],
    )


def live_values(counters: LiveCounters, at_ms: int, query: int = -1, surface: int = -1) -> Float:
    """[12, F] what the live path reads for all items, asked by customer 1."""
    return read(counters, LiveRequests(
        at_ms=at_ms,
        asked=asked_by(1, query, surface),
        states=[NEW_CUSTOMER],
        first_seen_ms=np.zeros((1, 12), dtype=np.int64),
        relative_price=np.full((1, 12), np.nan, dtype=np.float32),
    ))  # fmt: skip


def read(counters: LiveCounters, requests: LiveRequests, freshness: Freshness = FRESH) -> Float:
    return feature_values(FEATURES, counters.inputs(requests, freshness))[0]


def value(values: Float, name: str, item: int = 0) -> float:
    return float(values[item, NAMES.index(name)])


@pytest.mark.parametrize("freshness", [Freshness(), Freshness(stale_ms=60_000, every_ms=300_000)])
def test_live_records_in_ragged_batches_give_the_values_of_training(freshness: Freshness) -> None:
    """The log is cut where each request came; training sees the whole record at once."""
    events = actions(seed=1, size=4000)
    events.sort(key=lambda event: event.at_ms)  # what has arrived by a request is what happened before it
    dataset = dataset_from(events)
    requests = requests_of_events(dataset, np.arange(0, dataset.columns.num_events, 9))
    requests = requests.take(np.argsort(requests.at_ms, kind="stable"))
    catalog = dataset.catalog
    rows = np.tile(catalog.row_of_key()[ITEMS_ASKED], (len(requests), 1))
    trained = point_in_time(dataset, requests, rows, FeaturePlan(freshness=freshness))
    assert trained.names == NAMES

    counters, store, rules = counters_of(SHOP, item_table()), MemoryStore(), StateRules.of(SHOP)
    batch, price = logged(list(events)), relative_prices(catalog, "default")
    times = np.array([event.at_ms for event in events])
    done = 0
    for r in range(len(requests)):
        here, key = rows[r], int(dataset.columns.customer_key[requests.customer[r]])
        arrived = int(np.searchsorted(times, requests.at_ms[r]))
        for piece in ragged(batch[done:arrived], seed=r):
            counters.apply(piece)
            update(store, piece, rules)
        done = arrived
        asked = asked_by(key, int(requests.query[r]), int(requests.surface[r]))
        live = read(counters, LiveRequests(
            at_ms=int(requests.at_ms[r]), asked=asked, states=store.read([key]).states,
            first_seen_ms=catalog.first_seen_ms[here][None], relative_price=price[here][None],
        ), freshness)  # fmt: skip
        assert live.tobytes() == trained.values[r].tobytes()


def test_the_batches_of_the_log_cannot_be_seen() -> None:
    events: list[LiveEvent] = list(actions(seed=2, size=2000))
    moved = ItemEvent(item_key=3, item_id="i3", at_ms=NOW, categories=("b",), brand="bolt")
    events.insert(700, moved)
    one, many = counters_of(SHOP, item_table()), counters_of(SHOP, item_table())
    one.apply(logged(events))
    for piece in ragged(logged(events), seed=5):
        many.apply(piece)
    end = NOW + 9 * 24 * HOUR_MS
    assert live_values(one, end).tobytes() == live_values(many, end).tobytes()


def test_what_was_imported_and_then_came_live_is_the_same_as_all_live() -> None:
    events = actions(seed=3, size=1000)
    half = counters_of(SHOP, item_table(), dataset_from(events[:500]).columns)
    half.apply(logged(list(events[500:])))
    whole = counters_of(SHOP, item_table())
    whole.apply(logged(list(events)))
    end = NOW + 9 * 24 * HOUR_MS
    assert live_values(half, end).tobytes() == live_values(whole, end).tobytes()


def test_a_snapshot_and_the_rest_of_the_log_are_the_whole(tmp_path: Path) -> None:
    events = actions(seed=4, size=2000)
    log = MemoryLog()
    log.append([record_of(event) for event in events])
    whole = counters_of(SHOP, item_table())
    assert whole.catch_up(log) == 2000
    part = counters_of(SHOP, item_table())
    part.catch_up(log, 1200)
    part.advance(events[900].at_ms)  # later events wait, earlier ones may still come
    part.save(tmp_path / "counters.npz")
    restored = LiveCounters.restore(tmp_path / "counters.npz", SHOP)
    assert restored.applied.offset == 1200
    assert restored.catch_up(log) == 800
    for days in (9, 12, 50):
        end = NOW + days * 24 * HOUR_MS
        assert live_values(restored, end).tobytes() == live_values(whole, end).tobytes()


@pytest.mark.parametrize("case", ["fits", "missing", "log is shorter", "another log", "other imported data"])
def test_recovery_uses_a_snapshot_only_where_the_log_continues_it(tmp_path: Path, case: str) -> None:
    events, path = actions(seed=6, size=600), tmp_path / "counters.npz"
    history, other = (dataset_from(actions(seed=seed, size=100)).columns for seed in (7, 8))
    records = [record_of(event) for event in events]
    saved = counters_of(SHOP, item_table(), other if case == "other imported data" else history)
    saved.apply([Logged(n + 1, record) for n, record in enumerate(records[:400])])
    if case != "missing":
        saved.save(path)
    if case == "another log":
        records = records[::-1]
    log = MemoryLog()
    log.append(records[:300] if case == "log is shorter" else records)
    found = recovered_counters(path, log, counters_of(SHOP, item_table(), history))
    whole = counters_of(SHOP, item_table(), history)
    whole.catch_up(log)
    assert found.applied == whole.applied
    end = NOW + 9 * 24 * HOUR_MS
    assert live_values(found, end).tobytes() == live_values(whole, end).tobytes()


def test_a_snapshot_of_a_shop_with_other_actions_is_refused(tmp_path: Path) -> None:
    counters_of(SHOP, item_table()).save(tmp_path / "counters.npz")
    larger = replace(SHOP, actions=(*SHOP.actions, Action(name="share", gain=1.0)))
    with pytest.raises(StateError, match=r"expected .*'share'.*count the log anew"):
        LiveCounters.restore(tmp_path / "counters.npz", larger)


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_a_damaged_snapshot_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "counters.npz"
    counters_of(SHOP, item_table()).save(path)
    content = path.read_bytes()
    {"missing": lambda: path.unlink(), "cut": lambda: path.write_bytes(content[:-40]),
     "other": lambda: path.write_bytes(b"other")}[damage]()  # fmt: skip
    with pytest.raises(StateError, match="is no snapshot of counters"):
        LiveCounters.restore(path, SHOP)


def test_test_events_and_unknown_actions_are_not_counted() -> None:
    click = ActionEvent(event_id="1", at_ms=NOW, customer_key=1, item_key=0, action="click")
    page = PageEvent(page_id="p", at_ms=NOW, surface="browse", k=1, items=(0,), release="r", log_offset=0)
    seen = ImpressionEvent(event_id="2", at_ms=NOW, customer_key=1, page_id="p", item_key=0, position=0)
    events = [
        click,
        ActionEvent(event_id="3", at_ms=NOW, customer_key=1, item_key=0, action="click", test=True),
        ActionEvent(event_id="4", at_ms=NOW, customer_key=1, item_key=0, action="teleport"),
        page,
        PageEvent(
            page_id="q", at_ms=NOW, surface="browse", k=1, items=(0,), release="r", log_offset=0, test=True
        ),
        seen,
        ImpressionEvent(
            event_id="5", at_ms=NOW, customer_key=1, page_id="p", item_key=0, position=0, test=True
        ),
    ]
    counters = counters_of(SHOP, item_table())
    counters.apply(logged(list(events)))
    values = live_values(counters, NOW + 1)
    for kind in ("click", "impression", "listed"):
        assert value(values, f"item.{kind}.1d") == 1
    assert values[:, [n for n, name in enumerate(NAMES) if name.startswith("customer.click.1d")]].max() == 1


def test_a_rate_per_impression_is_known_once_the_shop_records_impressions() -> None:
    seen = [
        ImpressionEvent(event_id=str(n), at_ms=NOW, customer_key=1, page_id="p", item_key=0, position=0)
        for n in range(10)
    ]
    counters = counters_of(SHOP, item_table())
    assert np.isnan(value(live_values(counters, NOW), "item.click_per_impression.1d"))
    counters.apply(
        logged([*seen, ActionEvent(event_id="c", at_ms=NOW, customer_key=1, item_key=0, action="click")])
    )
    shop = (1 + 20 * 0.05) / (10 + 20)
    category = (1 + 20 * shop) / (10 + 20)
    found = value(live_values(counters, NOW + 1), "item.click_per_impression.1d")
    assert found == pytest.approx((1 + 20 * category) / (10 + 20), rel=1e-6)


def test_a_batch_that_is_not_the_next_one_is_refused() -> None:
    counters = counters_of(SHOP, item_table())
    click = ActionEvent(event_id="1", at_ms=NOW, customer_key=1, item_key=0, action="click")
    with pytest.raises(StateError, match="expected 1 next, came 5: catch up with the log"):
        counters.apply(logged([click], first=5))


def test_a_batch_with_a_record_that_cannot_be_read_is_not_counted_at_all() -> None:
    counters = counters_of(SHOP, item_table())
    click = ActionEvent(event_id="1", at_ms=NOW, customer_key=1, item_key=0, action="click")
    moved = ItemEvent(item_key=0, item_id="i0", at_ms=NOW)
    good = logged([click, moved, click])
    with pytest.raises(StateError, match="cannot be read"):
        counters.apply([*good, Logged(4, Record("", "action", b"damaged"))])
    assert counters.applied.offset == 0
    counters.apply(good)
    assert value(live_values(counters, NOW + 1), "item.click.1d") == 2


def test_who_declines_is_forgotten_and_items_keep_what_they_did() -> None:
    click = ActionEvent(event_id="1", at_ms=NOW, customer_key=1, item_key=0, action="click")
    declined = ConsentEvent(event_id="2", at_ms=NOW, customer_key=1, consent=False)
    again = ConsentEvent(event_id="3", at_ms=NOW + 1, customer_key=1, consent=True)
    counters = counters_of(SHOP, item_table())
    counters.apply(logged([click, click, declined]))
    values = live_values(counters, NOW + 1)
    assert value(values, "item.click.1d") == 2
    assert value(values, "customer.click.1d") == 0
    assert np.isnan(value(values, "customer.click.since"))
    counters.apply(logged([again, click], first=4))
    values = live_values(counters, NOW + 2)
    assert value(values, "customer.click.1d") == 1
    assert value(values, "item.click.1d") == 3
    assert not live_values(counters, NOW + 40 * 24 * HOUR_MS)[
        :, COUNTED
    ].any()  # each left where it had entered


def test_queries_are_counted_by_their_hash() -> None:
    click = ActionEvent(
        event_id="1", at_ms=NOW, customer_key=1, item_key=0, action="click", query="Red Boots"
    )
    counters = counters_of(SHOP, item_table())
    counters.apply(logged([click]))
    assert value(live_values(counters, NOW + 1, hashed("red boots")), "query.click.1d") == 1
    assert value(live_values(counters, NOW + 1, hashed("coat")), "query.click.1d") == 0


def test_a_rate_on_a_surface_is_drawn_towards_the_items_rate_everywhere() -> None:
    pages = [
        PageEvent(page_id=str(n), at_ms=NOW, surface=surface, k=1, items=(0,), release="r", log_offset=0)
        for n, surface in enumerate(["home"] * 8 + ["search"] * 4)
    ]
    click = ActionEvent(event_id="1", at_ms=NOW, customer_key=1, item_key=0, action="click", surface="search")
    counters = counters_of(SHOP, item_table())
    counters.apply(logged([*pages, click]))
    shop = (1 + 20 * 0.05) / (12 + 20)
    category = (1 + 20 * shop) / (12 + 20)
    item = (1 + 20 * category) / (12 + 20)
    for surface, clicks, listed in (("home", 0, 8), ("search", 1, 4), ("browse", 0, 0)):
        values = live_values(counters, NOW + 1, surface=SHOP.surface_names.index(surface))
        expected = (clicks + 20 * item) / (listed + 20)
        assert value(values, "item_here.click_per_listed.7d") == pytest.approx(expected, rel=1e-6)
