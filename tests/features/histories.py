"""Random histories: as live events, and as the columns that an import would make of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shopwindow.features.journey import hashed
from shopwindow.schema.arrays import Int16, Int32, Int64, UInt8
from shopwindow.schema.live import ActionEvent
from shopwindow.schema.shop import ShopConfig

SHOP = ShopConfig(name="test")
PATHS = ("", "men", "women", "women/boots")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A features.seed.HistoryColumns in memory."""

    customer_key: Int64
    offsets: Int64
    item_key: Int32
    action: UInt8
    at_ms: Int64
    surface: Int16
    category: Int32
    query: Int32
    country: Int32
    device: Int32
    category_paths: tuple[str, ...] = PATHS
    fingerprint: str = "columns of June"


def random_events(seed: int, customers: int, events: int) -> list[ActionEvent]:
    """Events of customers 10, 20, 30 ... in the order of time, with many equal times."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, events // 2 + 1, events)) * 3_600_000
    return [
        ActionEvent(
            event_id=str(n),
            at_ms=int(times[n]),
            customer_key=10 * int(rng.integers(1, customers + 1)),
            item_key=int(rng.integers(0, 40)),
            action=SHOP.action_names[rng.integers(0, len(SHOP.actions))],
            surface=rng.choice([None, *SHOP.surface_names]),
            category=rng.choice([None, *PATHS]),
            query=rng.choice([None, "red boots", "coat"]),
        )
        for n in range(events)
    ]


def columns_of(events: Sequence[ActionEvent]) -> Columns:
    """What an import makes of these events."""
    ordered = sorted(events, key=lambda event: (event.customer_key, event.at_ms))
    customers, counts = np.unique([event.customer_key for event in ordered], return_counts=True)
    places = {path: place for place, path in enumerate(PATHS)}
    return Columns(
        customer_key=customers.astype(np.int64),
        offsets=np.append(0, np.cumsum(counts)).astype(np.int64),
        item_key=np.array([event.item_key for event in ordered], dtype=np.int32),
        action=np.array([SHOP.action_names.index(event.action) for event in ordered], dtype=np.uint8),
        at_ms=np.array([event.at_ms for event in ordered], dtype=np.int64),
        surface=np.array(
            [-1 if e.surface is None else SHOP.surface_names.index(e.surface) for e in ordered],
            dtype=np.int16,
        ),
        category=np.array(
            [-1 if e.category is None else places[e.category] for e in ordered], dtype=np.int32
        ),
        query=np.array([hashed(event.query) for event in ordered], dtype=np.int32),
        country=np.full(len(customers), hashed("de"), dtype=np.int32),
        device=np.full(len(customers), -1, dtype=np.int32),
    )
