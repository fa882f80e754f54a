"""Slots: where in the counters an item, an item on a surface, a customer, a brand, a category or a query stands.

A slot is given at first sight and kept. 0 is nobody's; 1 is the whole shop, which is also the category "".
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self, final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shopwindow.features.journey import QUERY_BUCKETS
from shopwindow.features.windowed.events import CountedEvents
from shopwindow.features.windowed.key_table import NOTHING, KeyTable
from shopwindow.schema.arrays import Int16, Int32, Int64
from shopwindow.schema.categories import clean_path

SHOP: Final = 1
GROUP, ITEM, PLACED, CUSTOMER, QUERY = range(5)
"""Columns of what `of_events` gives."""
BRAND, CATEGORY = range(2)
"""Columns of `groups`; the ancestors of the category follow, up to the whole shop, then NOTHING."""


@final
class Slots:
    """Grows with what it sees. A *group* is a pair of brand and primary category; many items share one.

    Item keys and hashed queries index arrays at key + 1; -1, which is none, stands at 0.
    """

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._size = SHOP + 1
        self._brands: dict[str, int] = {}
        self._categories: dict[str, int] = {"": SHOP}
        self._customers = KeyTable()
        self._placed = KeyTable()  # an item on a surface
        self._items = np.zeros(1, dtype=np.int32)
        self._queries = np.zeros(QUERY_BUCKETS + 1, dtype=np.int32)
        self._group_of_item = np.zeros(1, dtype=np.int32)
        self._group_numbers: dict[tuple[str, str], int] = {("", ""): 0}  # of items of which nothing is known
        self._groups = np.array([[NOTHING, SHOP]], dtype=np.int32)

    def __len__(self) -> int:
        return self._size

    def describe(self, items: pa.Table) -> None:
        """From now on these items (schema ITEMS) are of this brand and primary category."""
        keys = items.column("item_key").to_numpy()
        brands, paths = items.column("brand").to_pylist(), items.column("categories").to_pylist()
        self._make_room(int(keys.max(initial=-1)))
        pairs = [
            (brand or "", clean_path(path[0], self._separator) if path else "")
            for brand, path in zip(brands, paths, strict=True)
        ]
        self._append([pair for pair in dict.fromkeys(pairs) if pair not in self._group_numbers])
        self._group_of_item[keys + 1] = [self._group_numbers[pair] for pair in pairs]

    def of_events(self, events: CountedEvents) -> Int32:
        """[n, 5] group, and slots of item, item on its surface, customer, query; new ones get a slot."""
        self._make_room(int(events.item_key.max(initial=-1)))
        found = np.empty((len(events), 5), dtype=np.int32)
        found[:, GROUP] = self._group_of_item[events.item_key + 1]
        found[:, ITEM] = self._seen(self._items, events.item_key)
        found[:, PLACED] = self._seen_key(self._placed, _on_surface(events.item_key, events.surface))
        found[:, CUSTOMER] = self._seen_key(self._customers, events.customer_key)
        found[:, QUERY] = self._seen(self._queries, events.query)
        return found

    def forget(self, customer_key: int) -> None:
        """What the customer did so far is nobody's from now on: they get a slot of their own again."""
        self._customers.move(customer_key, self._next())

    def touched(self, found: Int32) -> NDArray[np.intp]:
        """[n, T] all slots that events count for, from what `of_events` gave."""
        return np.concatenate([found[:, ITEM:], self._groups[found[:, GROUP]]], axis=1, dtype=np.intp)

    def items(self, keys: Int32) -> Int32:
        """Slot of each item, NOTHING for one without events."""
        return self._items[self._known(keys)]

    def placed(self, keys: Int32, surfaces: Int16) -> Int32:
        """Slot of each item on this surface, NOTHING where it had no events; shapes are broadcast."""
        places = _on_surface(keys, surfaces)
        return self._placed.find(places.ravel()).reshape(places.shape)

    def brands_and_categories(self, keys: Int32) -> tuple[Int32, Int32]:
        """Slots of each item's brand and primary category; an item of which nothing is known is in the shop."""
        group = self._group_of_item[self._known(keys)]
        return self._groups[:, BRAND][group], self._groups[:, CATEGORY][group]

    def customers(self, keys: Int64) -> Int32:
        """Slot of each customer, NOTHING for one without events."""
        return self._customers.find(keys)

    def queries(self, queries: Int32) -> Int32:
        """Slot of each hashed query, NOTHING for none and for one without events."""
        return self._queries[queries + 1]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, for a file; `of_arrays` reads it back."""
        keys, slots = self._customers.items()
        placed_keys, placed_slots = self._placed.items()
        names = {
            "separator": self._separator,
            "brands": self._brands,
            "categories": self._categories,
            "groups": [[*pair, number] for pair, number in self._group_numbers.items()],
        }
        return {
            "size": np.array(self._size),
            "names": np.frombuffer(json.dumps(names).encode(), dtype=np.uint8),
            "customer_keys": keys,
            "customer_slots": slots,
            "placed_keys": placed_keys,
            "placed_slots": placed_slots,
            "items": self._items,
            "queries": self._queries,
            "group_of_item": self._group_of_item,
            "groups": self._groups,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The slots that `to_arrays` wrote."""
        names = json.loads(arrays["names"].tobytes())
        slots = cls(names["separator"])
        slots._size = int(arrays["size"])
        slots._brands, slots._categories = names["brands"], names["categories"]
        slots._group_numbers = {(brand, path): number for brand, path, number in names["groups"]}
        slots._customers.insert(arrays["customer_keys"], arrays["customer_slots"])
        slots._placed.insert(arrays["placed_keys"], arrays["placed_slots"])
        slots._items, slots._queries = arrays["items"], arrays["queries"]
        slots._group_of_item, slots._groups = arrays["group_of_item"], arrays["groups"]
        return slots

    def _known(self, keys: Int32) -> Int32:
        return np.where(keys < len(self._items) - 1, keys, -1) + 1

    def _make_room(self, largest_key: int) -> None:
        more = largest_key + 2 - len(self._items)
        if more > 0:
            more = max(more, len(self._items) // 2)
            self._items = np.append(self._items, np.zeros(more, dtype=np.int32))
            self._group_of_item = np.append(self._group_of_item, np.zeros(more, dtype=np.int32))

    def _seen(self, slots: Int32, codes: Int32) -> Int32:
        """Slots of these keys or queries, new ones where there were none; `slots` is written to."""
        found = slots[codes + 1]
        new = np.unique(codes[(found == NOTHING) & (codes >= 0)])
        if len(new):
            slots[new + 1] = self._several(len(new))
            found = slots[codes + 1]
        return found

    def _seen_key(self, table: KeyTable, keys: Int64) -> Int32:
        found = table.find(keys)
        new = np.unique(keys[(found == NOTHING) & (keys >= 0)])
        if len(new):
            table.insert(new, self._several(len(new)))
            found = table.find(keys)
        return found

    def _append(self, pairs: Sequence[tuple[str, str]]) -> None:
        """New groups, pairs of brand and category path; all at once, for the array is copied."""
        rows = [[self._brand(brand), *self._chain(path)] for brand, path in pairs]
        width = max([self._groups.shape[1], *(len(row) for row in rows)])
        groups = np.zeros((len(self._groups) + len(rows), width), dtype=np.int32)
        groups[: len(self._groups), : self._groups.shape[1]] = self._groups
        for number, (pair, row) in enumerate(zip(pairs, rows, strict=True), start=len(self._groups)):
            groups[number, : len(row)] = row
            self._group_numbers[pair] = number
        self._groups = groups

    def _brand(self, brand: str) -> int:
        if brand and brand not in self._brands:
            self._brands[brand] = self._next()
        return self._brands.get(brand, NOTHING)

    def _chain(self, path: str) -> list[int]:
        """Slots of the category, its parent ... the whole shop."""
        parts = path.split(self._separator) if path else []
        chain = []
        for depth in range(len(parts), -1, -1):
            name = self._separator.join(parts[:depth])
            if name not in self._categories:
                self._categories[name] = self._next()
            chain.append(self._categories[name])
        return chain

    def _next(self) -> int:
        return int(self._several(1)[0])

    def _several(self, count: int) -> Int32:
        self._size += count
        return np.arange(self._size - count, self._size, dtype=np.int32)


def _on_surface(item_key: Int32, surface: Int16) -> Int64:
    """A key for the pair, -1 where either is unknown; a shop has at most 200 surfaces."""
    return np.where((item_key >= 0) & (surface >= 0), item_key * np.int64(256) + surface, np.int64(-1))
