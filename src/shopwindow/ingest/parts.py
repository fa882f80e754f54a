"""Parts: typed rows with external ids -> the rows of the clean tables, with keys."""

from contextlib import closing
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from shopwindow.ingest.checks import TYPES
from shopwindow.ingest.engine import Engine
from shopwindow.ingest.identity import Identity
from shopwindow.ingest.tables import PART_SCHEMAS
from shopwindow.ingest.targets import ATTRIBUTE, ITEMS
from shopwindow.schema.arrays import Int32, Int64
from shopwindow.schema.shop import ShopConfig

WHOLE_UNITS: Final = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "KWD": 3,
    "BHD": 3,
    "JOD": 3,
    "TND": 3,
}
ITEM_FIELDS: Final = ("item_category", "item_brand", "item_price", "item_title")


@dataclass(frozen=True, slots=True)
class Ids:
    """The external ids that an import's rows name, each once, in the order of their first line."""

    items: list[str]
    customers: list[str]


@dataclass(frozen=True, slots=True)
class Allocated:
    """The keys of `Ids`, as the identity map has them."""

    items: Int32
    customers: Int64
    new_items: int
    new_customers: int


@dataclass(frozen=True, slots=True)
class Keys:
    """Tables (id, key) of every id in the rows."""

    items: ir.Table
    customers: ir.Table


def ids_of(rows: ir.Table) -> Ids:
    """The ids of all customers and items named in `rows`."""
    mentions = [
        rows.select(rows.line, id=rows[name]) for name in ("item", "seed_item") if name in rows.columns
    ]
    if "items" in rows.columns:
        mentions.append(rows.select("line", id=rows["items"]).unnest("id"))
    customers = [rows.select("line", id=rows.customer)] if "customer" in rows.columns else []
    return Ids(items=_distinct(mentions), customers=_distinct(customers))


def allocated(ids: Ids, identity: Identity) -> Allocated:
    """Their keys, durable on return; the identity map is closed.

    Raises:
        StateError: the map cannot be written.
    """
    with closing(identity):
        num_items, num_customers = identity.num_items(), identity.num_customers()
        return Allocated(
            items=identity.item_keys(ids.items),
            customers=identity.customer_keys(ids.customers),
            new_items=identity.num_items() - num_items,
            new_customers=identity.num_customers() - num_customers,
        )


def keys_of(engine: Engine, ids: Ids, found: Allocated) -> Keys:
    """Ids and keys where the engine can join them."""
    items = pa.table({"id": pa.array(ids.items, pa.string()), "key": found.items})
    customers = pa.table({"id": pa.array(ids.customers, pa.string()), "key": found.customers})
    return Keys(items=engine.kept("item_keys", items), customers=engine.kept("customer_keys", customers))


def _distinct(mentions: list[ir.Table]) -> list[str]:
    if not mentions:
        return []
    every = ibis.union(*mentions) if len(mentions) > 1 else mentions[0]
    first = every.filter(every.id.notnull()).group_by("id").aggregate(line=every.line.min())
    ids: list[str] = first.order_by("line", "id").id.to_pyarrow().to_pylist()
    return ids


def keyed(rows: ir.Table, keys: Keys, table: str) -> ir.Table:
    """Rows of actions, pages or impressions with keys in the place of external ids."""
    found = rows.rename(at_ms="at")
    if "customer" in found.columns:
        found = _keyed(found, "customer", "customer_key", keys.customers)
    for name, key in (("item", "item_key"), ("seed_item", "seed_item_key")):
        if name in found.columns:
            found = _keyed(found, name, key, keys.items)
    if table == "pages":
        found = _with_page_items(found, keys.items)
    return as_part(found, table)


def _keyed(rows: ir.Table, name: str, key: str, pairs: ir.Table) -> ir.Table:
    pairs = pairs.rename({f"{name}_id": "id", key: "key"})
    return rows.left_join(pairs, rows[name] == pairs[f"{name}_id"]).drop(f"{name}_id")


def _with_page_items(pages: ir.Table, pairs: ir.Table) -> ir.Table:
    shown = pages.select("line", id=pages["items"]).unnest("id", offset="place")
    shown = shown.inner_join(pairs, "id")
    lists = shown.group_by("line").aggregate(items=shown.key.cast("int32").collect(order_by=shown.place))
    lists = lists.rename(page_line="line")
    bare = pages.drop("items")
    found = bare.left_join(lists, bare.line == lists.page_line)
    return found.mutate(items=found["items"].fill_null(ibis.literal([], type="array<int32>")))


def seen_items_part(rows: ir.Table, keys: Keys, shop: ShopConfig) -> ir.Table:
    """An item row for every item that these events name: what they say of it, and when it was first seen."""
    if "items" in rows.columns:
        mentions = [rows.select("line", "at", id=rows["items"]).unnest("id")]
        if "seed_item" in rows.columns:
            mentions.append(rows.select("line", "at", id=rows.seed_item))
        every = ibis.union(*mentions) if len(mentions) > 1 else mentions[0]
    else:
        every = rows.select(
            "line", "at", *(name for name in ITEM_FIELDS if name in rows.columns), id=rows["item"]
        )
    every = every.filter(every.id.notnull())
    said = [name for name in ITEM_FIELDS if name in every.columns]
    last = {name: every[name].argmax(every.line, where=every[name].notnull()) for name in said}
    seen = every.group_by("id").aggregate(**last, first_seen_ms=every.at.min(), line=every.line.max())
    found = seen.inner_join(keys.items, "id")
    columns: dict[str, ir.Value] = {
        "item_key": found.key,
        "item_id": found.id,
        "kind": ibis.literal("product"),
        "from_events": ibis.literal(True),
    }
    names = {"item_category": "categories", "item_brand": "brand", "item_title": "title"}
    columns |= {names[name]: found[name] for name in said if name in names}
    if "item_price" in said:
        columns["offers"] = _offer(found.item_price, shop, ibis.null("string"), ibis.null("int32"))
    return as_part(found.mutate(**columns), "items")


def items_part(rows: ir.Table, keys: Keys, shop: ShopConfig) -> ir.Table:
    """The part of an items file: categories, offers and attributes in one form, however the file gave them."""
    found = rows.inner_join(keys.items.rename(item="id", item_key="key"), "item")
    missing = {each.name: ibis.null(TYPES[each.kind]) for each in ITEMS if each.name not in found.columns}
    found = found.mutate(**missing)
    offer = _offer(found.price, shop, found.market, found.stock.cast("int32"))
    columns = {
        "item_id": found["item"],
        "first_seen_ms": found.first_seen,
        "kind": found.kind.fill_null("product"),
        "offers": ibis.coalesce(found.offers.cast(offer.type()), offer),
        "attributes": _attributes(found),
        "from_events": ibis.literal(False),
    }
    return as_part(found.mutate(**columns), "items")


def customers_part(rows: ir.Table, keys: Keys) -> ir.Table:
    """The part of a customers file."""
    found = rows.inner_join(keys.customers.rename(customer="id", customer_key="key"), "customer")
    return as_part(found.mutate(attributes=_attributes(found)), "customers")


def _offer(price: ir.Value, shop: ShopConfig, market: ir.Value, stock: ir.Value) -> ir.Value:
    """One offer in the given market (the shop's first one if null); null without a price."""
    first = shop.markets[0].code
    code = market.fill_null(first)
    places = [(each.code, float(10 ** WHOLE_UNITS.get(each.currency, 2))) for each in shop.markets]
    factor = code.cases(*places, else_=100.0)
    offer = ibis.struct(
        {"market": code, "price_minor": (price * factor).round().cast("int64"), "stock": stock}
    )
    offers = ibis.array([offer])
    return price.isnull().ifelse(ibis.null(offers.type()), offers)


def _attributes(rows: ir.Table) -> ir.Value:
    """The file's map of attributes and its columns of single attributes, the latter first."""
    single = [name for name in rows.columns if name.startswith(ATTRIBUTE)]
    given = rows.attributes if "attributes" in rows.columns else ibis.null(TYPES["map"])
    if not single:
        return given
    named = ibis.map(
        ibis.array([name.removeprefix(ATTRIBUTE) for name in single]),
        ibis.array([rows[name] for name in single]),
    )
    empty = ibis.literal({}, type="map<string, string>")
    return given.fill_null(empty) + named


def as_part(rows: ir.Table, table: str) -> ir.Table:
    """Those columns of the table's parts that there are: empty ones are half of the time to write."""
    schema = ibis.Schema.from_pyarrow(PART_SCHEMAS[table])
    return rows.select(
        **{name: rows[name].cast(kind) for name, kind in schema.items() if name in rows.columns}
    )
