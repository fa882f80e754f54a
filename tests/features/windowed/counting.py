"""Events to count, and the plain way of counting them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from shopwindow.features.windowed.counters import DECAYS, NEVER_MS, WINDOWS
from shopwindow.features.windowed.events import CountedEvents, kinds
from shopwindow.features.windowed.reading import OF_CANDIDATES, OF_REQUESTS, Asked, Reading
from shopwindow.features.windowed.state import WindowedState
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig

SHOP = ShopConfig(name="test")
KINDS = kinds(SHOP)
CLICK, CART = KINDS.index("click"), KINDS.index("cart")
NOW = 1_700_000_000_000
PATHS = ("a/x", "a/y", "b", "")
BRANDS = ("acme", "bolt", None)
NUM_ITEMS = 12


def item_table(num_items: int = NUM_ITEMS) -> pa.Table:
    """Item k is in category PATHS[k % 4] and of BRANDS[k % 3]; "" and None are neither."""
    rows = [
        {
            "item_key": key,
            "item_id": f"i{key}",
            "brand": BRANDS[key % 3],
            "categories": [PATHS[key % 4]] if PATHS[key % 4] else [],
            "first_seen_ms": NOW - key * 1000,
        }
        for key in range(num_items)
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in ITEMS.names} for row in rows], ITEMS)


def counted(rows: Sequence[tuple[int, int, int]], query: int = -1) -> CountedEvents:
    """Events (at_ms, item, kind) of customer 7."""
    at_ms, item, kind = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return CountedEvents(
        at_ms=at_ms,
        item_key=item.astype(np.int32),
        customer_key=np.full(len(at_ms), 7, dtype=np.int64),
        kind=kind.astype(np.uint8),
        query=np.full(len(at_ms), query, dtype=np.int32),
        surface=np.full(len(at_ms), -1, dtype=np.int16),
    )


def random_counted(seed: int, size: int, span_ms: int) -> CountedEvents:
    """Events of five customers and nobody, up to `span_ms` before NOW, many at equal times, in any order."""
    rng = np.random.default_rng(seed)
    return CountedEvents(
        at_ms=NOW - rng.integers(0, 200, size) * (span_ms // 200),
        item_key=rng.integers(0, NUM_ITEMS + 2, size).astype(np.int32),  # two are not described
        customer_key=rng.integers(-1, 5, size),
        kind=rng.integers(0, len(KINDS), size).astype(np.uint8),
        query=rng.integers(-1, 3, size).astype(np.int32),
        surface=rng.integers(-1, 2, size).astype(np.int16),
    )


def new_state() -> WindowedState:
    state = WindowedState(len(KINDS))
    state.describe(item_table())
    return state


def everything() -> Asked:
    """One request per customer and query, with all items, one never seen and one that is none."""
    customer, query = (each.ravel() for each in np.meshgrid(np.arange(-1, 6), np.arange(-1, 4)))
    items = np.append(np.arange(NUM_ITEMS + 3), -1).astype(np.int32)
    return Asked(
        customer_key=customer.astype(np.int64),
        query=query.astype(np.int32),
        surface=np.ones(len(query), dtype=np.int16),
        item_key=np.tile(items, (len(customer), 1)),
    )


def read_at(state: WindowedState, at_ms: int) -> Reading:
    asked = everything()
    return state.read(asked, np.full(len(asked.query), at_ms))


def assert_same_reading(one: Reading, two: Reading) -> None:
    """Bit by bit."""
    for entity in (*OF_CANDIDATES, *OF_REQUESTS):
        for name in ("counts", "decayed", "last_ms"):
            a, b = (getattr(reading, name)(entity) for reading in (one, two))
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            assert a.tobytes() == b.tobytes(), (entity, name)


def brute_force(events: CountedEvents, at_ms: int) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Counts, decayed counts and last times of `everything()` by looking at every event for every entity."""
    asked = everything()
    candidates = asked.item_key[0]
    paths = [PATHS[key % 4] if 0 <= key < NUM_ITEMS else "" for key in range(NUM_ITEMS + 3)] + [""]
    brands = [BRANDS[key % 3] if 0 <= key < NUM_ITEMS else None for key in range(NUM_ITEMS + 3)] + [None]
    below = np.array(paths, dtype=object)[events.item_key]
    brand = np.array(brands, dtype=object)[events.item_key]
    inside = {
        "item": [(events.item_key == key) & (key >= 0) for key in candidates],
        "item_here": [(events.item_key == key) & (key >= 0) & (events.surface == 1) for key in candidates],
        "brand": [np.array([name is not None and b == name for b in brand], dtype=bool) for name in brands],
        "category": [np.array([f"{b}/".startswith(f"{path}/") or not path for b in below]) for path in paths],
        "customer": [(events.customer_key == key) & (key >= 0) for key in asked.customer_key],
        "query": [(events.query == query) & (query >= 0) for query in asked.query],
        "shop": [np.ones(len(events), dtype=bool)],
    }
    return {entity: _sums(events, masks, at_ms) for entity, masks in inside.items()}


def _sums(events: CountedEvents, masks, at_ms: int):
    num_kinds = len(KINDS)
    counts = np.zeros((len(masks), len(WINDOWS), num_kinds), dtype=np.int64)
    decayed = np.zeros((len(masks), len(DECAYS), num_kinds))
    last_ms = np.full((len(masks), num_kinds), NEVER_MS)
    for n, mask in enumerate(masks):
        for when, kind in zip(events.at_ms[mask], events.kind[mask], strict=True):
            age = at_ms - when
            if age <= 0:
                continue
            last_ms[n, kind] = max(last_ms[n, kind], when)
            for w, window in enumerate(WINDOWS):
                counts[n, w, kind] += age <= window.ms
            for d, decay in enumerate(DECAYS):
                if age <= WINDOWS[decay.until].ms:
                    decayed[n, d, kind] += 2.0 ** (-age / decay.half_life_ms)
    return counts, decayed, last_ms
