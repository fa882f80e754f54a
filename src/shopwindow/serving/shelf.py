"""Shelf: everything for sale at one offset of the log. A release's rows, and a tail for what came or moved since."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from shopwindow.schema.arrays import Float, Int32, Rows
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.items import ITEMS
from shopwindow.schema.live import ItemEvent, item_table
from shopwindow.schema.shop import ShopConfig
from shopwindow.serving.columns import NO_PRICE, Facet, Offers, attribute_facet, facet_of, offers_of

TAIL_ROWS: Final = 4096
NO_ROWS: Final[Rows] = np.zeros(0, dtype=np.int32)

Embed = Callable[[pa.Table], tuple[Float, Float]]
"""Item table (schema ITEMS) of M items -> input [M, d] and output [M, d] vectors."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where candidates may come from: base rows first .. last-1 and `others`, and rows of the live tail."""

    first: int
    last: int
    others: Rows
    tail: Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shelf:
    """Never changed, only replaced: a request reads one shelf from beginning to end.

    Rows 0 .. N-1 are the release's, N .. N+T-1 the tail's; R = N + T. `item_key [R]` (-1 = free),
    `row_of_key [max key + 1]`, `popularity [R]`; `input`, `output [T, d]` of the tail.
    `records`: the items in the tail, in row order. `tail_of_path`: category path -> tail rows in its subtree.
    `offset`: the last item record of the log that this shelf contains.
    """

    shop: ShopConfig
    catalog: Catalog
    item_key: Int32
    row_of_key: Int32
    offers: Mapping[str, Offers]
    brand: Facet
    attributes: Mapping[str, Facet]
    popularity: Float
    input: Float
    output: Float
    records: tuple[ItemEvent, ...] = ()
    tail_of_path: Mapping[str, Rows]
    node_of_path: Mapping[str, int]
    offset: int = 0

    @property
    def num_base(self) -> int:
        return len(self.catalog)

    @property
    def num_free(self) -> int:
        return len(self.output) - len(self.records)

    def rows_of(self, keys: Int32) -> Rows:
        """Rows of these item keys, -1 where the shelf has no such item."""
        inside = (keys >= 0) & (keys < len(self.row_of_key))
        return np.where(inside, self.row_of_key[np.where(inside, keys, 0)], -1).astype(np.int32)

    def place_of(self, path: str | None) -> Place | None:
        """Where the items of a category are, None = the whole shop; None if nobody knows the category."""
        size = self.num_base
        if not path:
            tail = np.arange(size, size + len(self.records), dtype=np.int32)
            return Place(first=0, last=size, others=NO_ROWS, tail=tail)
        tail = self.tail_of_path.get(path, NO_ROWS)
        node = self.node_of_path.get(path, -1)
        if node < 0:
            return Place(first=0, last=0, others=NO_ROWS, tail=tail) if len(tail) else None
        first, last = self.catalog.slice_of(node)
        return Place(first=first, last=last, others=self.catalog.others_of(node), tail=tail)


def stocked(
    shop: ShopConfig, catalog: Catalog, popularity: Float, dim: int, capacity: int = TAIL_ROWS
) -> Shelf:
    """The shelf of a release before any live item record."""
    item_key = np.full(len(catalog) + capacity, -1, dtype=np.int32)
    item_key[: len(catalog)] = catalog.item_key
    counts = np.zeros(len(item_key), dtype=np.float32)
    counts[: len(catalog)] = popularity
    table = catalog.table
    return Shelf(
        shop=shop,
        catalog=catalog,
        item_key=item_key,
        row_of_key=catalog.row_of_key(),
        offers=offers_of(table, shop.market_codes, capacity),
        brand=facet_of(table.column("brand"), capacity),
        attributes={
            each.name: attribute_facet(table.column("attributes"), each.name, capacity)
            for each in shop.attributes
        },
        popularity=counts,
        input=np.zeros((capacity, dim), dtype=np.float32),
        output=np.zeros((capacity, dim), dtype=np.float32),
        tail_of_path={},
        node_of_path=catalog.categories.codes(),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaseVectors:
    """A release's own `input [N+1, d]` and `output [N, d]`, and how vectors of items it never saw are made."""

    input: Float
    output: Float
    embed: Embed


def restocked(shelf: Shelf, events: Sequence[ItemEvent], vectors: BaseVectors, offset: int) -> Shelf:
    """The shelf after these item records, in log order.

    Price and stock change in place. An item that the release does not have, or whose category or text changed,
    stands in the tail from then on; where the tail is full it stays as it was.
    """
    fresh = _writable(shelf, offset)
    for event in events:
        row = int(fresh.rows_of(np.array([event.item_key], dtype=np.int32))[0])
        if row >= fresh.num_base or takes_room(fresh, event):
            fresh, row = _in_tail(fresh, row, event, vectors)
        if row >= 0:
            _set_offers(fresh, row, event)
    return replace(fresh, tail_of_path=_paths(fresh))


def takes_room(shelf: Shelf, event: ItemEvent) -> bool:
    """Whether the record needs a place in the tail that its item does not have yet: it is new, or not as in the release."""
    row = int(shelf.rows_of(np.array([event.item_key], dtype=np.int32))[0])
    return row < 0 or (row < shelf.num_base and not _same_text(shelf, row, event))


def _writable(shelf: Shelf, offset: int) -> Shelf:
    return replace(
        shelf,
        item_key=shelf.item_key.copy(),
        row_of_key=shelf.row_of_key.copy(),
        offers={market: offers.copy() for market, offers in shelf.offers.items()},
        brand=replace(shelf.brand, codes=shelf.brand.codes.copy()),
        attributes={
            name: replace(facet, codes=facet.codes.copy()) for name, facet in shelf.attributes.items()
        },
        popularity=shelf.popularity.copy(),
        input=shelf.input.copy(),
        output=shelf.output.copy(),
        offset=offset,
    )


def _same_text(shelf: Shelf, row: int, event: ItemEvent) -> bool:
    """Whether all but offers is as the release has it."""
    before = shelf.catalog.table.slice(row, 1).to_pylist()[0]
    after = item_table([event]).to_pylist()[0]
    return all(
        (before[name] or None) == (after[name] or None)
        for name in ITEMS.names
        if name not in ("offers", "first_seen_ms", "item_key")
    )


def _in_tail(shelf: Shelf, row: int, event: ItemEvent, vectors: BaseVectors) -> tuple[Shelf, int]:
    """The item's tail row, taken if it had none; the release's own row is closed. -1 and nothing if it is new and full."""
    slot = row - shelf.num_base if row >= shelf.num_base else len(shelf.records)
    if slot >= len(shelf.output):
        return shelf, row
    if 0 <= row < shelf.num_base:  # trained vectors and counts move with the item
        shelf.input[slot], shelf.output[slot] = vectors.input[row], vectors.output[row]
        shelf.popularity[shelf.num_base + slot] = shelf.popularity[row]
        for offers in shelf.offers.values():
            offers.offered[row] = offers.sellable[row] = False
    elif not (shelf.catalog.item_key == event.item_key).any():
        made_input, made_output = vectors.embed(item_table([event]))
        shelf.input[slot], shelf.output[slot] = made_input[0], made_output[0]
    records = (*shelf.records[:slot], event, *shelf.records[slot + 1 :])
    tail_row = shelf.num_base + slot
    row_of_key = shelf.row_of_key
    if event.item_key >= len(row_of_key):
        grown = np.full(event.item_key + 1, -1, dtype=np.int32)
        grown[: len(row_of_key)] = row_of_key
        row_of_key = grown
    row_of_key[event.item_key] = tail_row
    shelf.item_key[tail_row] = event.item_key
    return (
        replace(
            shelf,
            records=records,
            row_of_key=row_of_key,
            brand=shelf.brand.with_value(tail_row, event.brand),
            attributes={
                name: facet.with_value(tail_row, event.attributes.get(name))
                for name, facet in shelf.attributes.items()
            },
        ),
        tail_row,
    )


def _set_offers(shelf: Shelf, row: int, event: ItemEvent) -> None:
    """An item without offers is available in every market, as in the release."""
    by_market = {each.market: each for each in event.offers}
    for market, offers in shelf.offers.items():
        offer = by_market.get(market)
        offers.offered[row] = offer is not None or not by_market
        sold_out = offer is not None and offer.stock is not None and offer.stock <= 0
        offers.sellable[row] = offers.offered[row] and not sold_out
        price = None if offer is None else offer.price_minor
        offers.price_minor[row] = NO_PRICE if price is None else price


def _paths(shelf: Shelf) -> dict[str, Rows]:
    """Category path -> tail rows, every ancestor of every path included."""
    tree = shelf.catalog.categories
    found: dict[str, list[int]] = {}
    for slot, record in enumerate(shelf.records):
        prefixes: set[str] = set()
        for path in record.categories:
            parts = [part for part in path.split(tree.separator) if part]
            prefixes |= {tree.separator.join(parts[:depth]) for depth in range(1, len(parts) + 1)}
        for prefix in prefixes:
            found.setdefault(prefix, []).append(shelf.num_base + slot)
    return {path: np.array(rows, dtype=np.int32) for path, rows in found.items()}
