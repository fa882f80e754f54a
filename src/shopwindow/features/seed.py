"""Seed: state from what was imported, before the first live event. Done once; goes on where it was broken off."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from shopwindow.features.customer import ACTION, Records, StateRules, category_id, state_of
from shopwindow.features.store import Applied, Changes, FeatureStore
from shopwindow.schema.arrays import Int16, Int32, Int64, UInt8

CUSTOMERS_AT_ONCE: Final = 2000


class HistoryColumns(Protocol):
    """Imported events sorted by (customer, at_ms, arrival); datasets.columns.EventColumns is one.

    `customer_key [U]`, `offsets [U+1]`; per event `item_key, action, at_ms, surface, category, query [E]` with
    `category` a place in `category_paths` or -1; per customer `country, device [U]`, hashed, -1 = not known.
    """

    @property
    def customer_key(self) -> Int64: ...
    @property
    def offsets(self) -> Int64: ...
    @property
    def item_key(self) -> Int32: ...
    @property
    def action(self) -> UInt8: ...
    @property
    def at_ms(self) -> Int64: ...
    @property
    def surface(self) -> Int16: ...
    @property
    def category(self) -> Int32: ...
    @property
    def query(self) -> Int32: ...
    @property
    def country(self) -> Int32: ...
    @property
    def device(self) -> Int32: ...
    @property
    def category_paths(self) -> tuple[str, ...]: ...
    @property
    def fingerprint(self) -> str: ...


def seed(
    store: FeatureStore,
    history: HistoryColumns,
    rules: StateRules,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Give every imported customer their state; returns how many were written now, 0 when it was done before.

    A store that holds anything but a part of this very seed must be cleared first (features.recovery does).
    """
    applied, total = store.applied(), len(history.customer_key)
    if applied.seed == history.fingerprint:
        if applied.seeded < 0:
            return 0
    else:
        applied = replace(Applied(), seed=history.fingerprint, seeded=0)
    categories = np.array(
        [category_id(path, rules.separator) for path in history.category_paths] + [-1], dtype=np.int64
    )
    begun = applied.seeded
    for start in range(begun, total, CUSTOMERS_AT_ONCE):
        stop = min(start + CUSTOMERS_AT_ONCE, total)
        rows = _rows(history, int(history.offsets[start]), int(history.offsets[stop]), categories)
        bounds = (history.offsets[start : stop + 1] - history.offsets[start]).tolist()
        facts = zip(
            history.customer_key[start:stop].tolist(),
            history.country[start:stop].tolist(),
            history.device[start:stop].tolist(),
            strict=True,
        )
        customers = {
            key: state_of(rows[bounds[u] : bounds[u + 1]], rules, country, device)
            for u, (key, country, device) in enumerate(facts)
        }
        store.write(Changes(applied=replace(applied, seeded=stop), customers=customers))
        progress(stop, total)
    store.write(Changes(applied=replace(applied, seeded=-1)))
    return total - begun


def _rows(history: HistoryColumns, first: int, last: int, categories: Int64) -> Records:
    rows = np.empty(last - first, dtype=ACTION)
    for name in ("at_ms", "item_key", "query", "surface", "action"):
        rows[name] = getattr(history, name)[first:last]
    rows["category"] = categories[history.category[first:last]]
    return rows
