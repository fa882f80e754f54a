"""What people see of an item: title, price, picture. Read for the few items of a page, never while ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from shopwindow.features.customer import DAY_MS
from shopwindow.schema.arrays import Rows
from shopwindow.schema.live import item_table
from shopwindow.serving.columns import NO_PRICE
from shopwindow.serving.shelf import Shelf

NEW_DAYS: Final = 30
SHOWN: Final = (
    "item_id", "kind", "parent", "brand", "seller", "categories", "title", "text", "picture", "attributes", "first_seen_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetails:
    """One item in one market. `category`: the primary path. `new`: first seen less than 30 days before the request."""

    item: str
    title: str | None = None
    kind: str | None = None
    parent: str | None = None
    brand: str | None = None
    seller: str | None = None
    category: str | None = None
    categories: Sequence[str] = ()
    text: str | None = None
    picture: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    price_minor: int | None = None
    currency: str | None = None
    in_stock: bool = True
    new: bool = False


def item_ids(shelf: Shelf, rows: Rows) -> list[str]:
    """The shop's own ids of these rows, in order."""
    base = shelf.num_base
    inside = rows < base
    if inside.all():
        found: list[str] = shelf.catalog.table.column("item_id").take(pa.array(rows)).to_pylist()
        return found
    of_base = iter(shelf.catalog.table.column("item_id").take(pa.array(rows[inside])).to_pylist())
    return [shelf.records[row - base].item_id if row >= base else next(of_base) for row in rows.tolist()]


def details_of(shelf: Shelf, rows: Rows, market: str, at_ms: int) -> list[ItemDetails]:
    """Details of these rows, in order, with the market's price and stock."""
    currency = next(each.currency for each in shelf.shop.markets if each.code == market)
    offers = shelf.offers[market]
    prices, stocks = offers.price_minor[rows].tolist(), offers.sellable[rows].tolist()
    return [
        _details(record, None if price == NO_PRICE else price, currency, in_stock, at_ms)
        for record, price, in_stock in zip(_records(shelf, rows), prices, stocks, strict=True)
    ]


def _records(shelf: Shelf, rows: Rows) -> list[dict[str, Any]]:
    base = shelf.num_base
    table = shelf.catalog.table.select(SHOWN)
    of_base = iter(table.take(pa.array(rows[rows < base])).to_pylist())
    in_tail = [shelf.records[row - base] for row in rows[rows >= base].tolist()]
    of_tail = iter(item_table(in_tail).select(SHOWN).to_pylist() if in_tail else [])
    return [next(of_tail) if row else next(of_base) for row in np.asarray(rows >= base).tolist()]


def _details(
    record: dict[str, Any], price_minor: int | None, currency: str, in_stock: bool, at_ms: int
) -> ItemDetails:
    paths = record["categories"] or []
    first_seen_ms = record["first_seen_ms"] or 0
    return ItemDetails(
        item=record["item_id"],
        title=record["title"],
        kind=record["kind"],
        parent=record["parent"],
        brand=record["brand"],
        seller=record["seller"],
        category=paths[0] if paths else None,
        categories=paths,
        text=record["text"],
        picture=record["picture"],
        attributes=dict(record["attributes"] or ()),
        price_minor=price_minor,
        currency=None if price_minor is None else currency,
        in_stock=in_stock,
        new=0 <= at_ms - first_seen_ms < NEW_DAYS * DAY_MS,
    )
