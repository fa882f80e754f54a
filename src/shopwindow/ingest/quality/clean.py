"""Clean: a shop's imported tables as expressions on the engine; nothing is read until something is counted."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from shopwindow.config import ShopDirectory
from shopwindow.ingest.engine import engine
from shopwindow.ingest.manifest import ImportRecord, parts_of, read_manifest
from shopwindow.ingest.tables import PART_SCHEMAS, parts_table
from shopwindow.schema.shop import ShopConfig, read_shop

CLOCK_FROM_MS: Final = 631_152_000_000  # 1990: an import by bare order counts seconds from 1970
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
EVENTS: Final = ("actions", "pages", "impressions")


@ibis.udf.scalar.builtin(name="to_timestamp", signature=(("float64",), "timestamp('UTC')"))  # type: ignore[untyped-decorator]
def _to_timestamp(seconds: ir.Value) -> ir.TimestampValue: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """The tables of PART_SCHEMAS with `part`, the number of the import that brought a row; test events left out.

    `actions`, `pages`, `impressions`: in no order. `items`, `customers`: the row that counts of each, and for
    items `described`: an items file says so. `given`: the tables that any import brought. `item_rows`: every
    row that any file ever said of an item. `has_clock`: times are of a clock, not the order of events alone.
    """

    shop: ShopConfig
    shop_dir: ShopDirectory
    now_ms: int
    connection: Backend
    imports: tuple[ImportRecord, ...]
    given: frozenset[str]
    has_clock: bool
    actions: ir.Table
    pages: ir.Table
    impressions: ir.Table
    items: ir.Table
    item_rows: ir.Table
    customers: ir.Table

    def named(self, rows: ir.Table) -> ir.Table:
        """Adds `item`, the shop's own id, to rows with `item_key`."""
        names = self.items.select(named_key=self.items.item_key, item=self.items.item_id)
        return rows.left_join(names, rows.item_key == names.named_key).drop("named_key")

    def kept(self, rows: ir.Table) -> ir.Table:
        """The rows worked out once, for several counts; on the engine, which spills what does not fit."""
        return self.connection.create_table(ibis.util.gen_name("kept"), rows, temp=True)

    def steps(self) -> tuple[str, ...]:
        """Wanted actions, the weakest first: click, wishlist, cart, purchase."""
        wanted = [each for each in self.shop.actions if each.gain > 0]
        return tuple(each.name for each in sorted(wanted, key=lambda each: each.gain))


@contextmanager
def open_clean(shop_dir: ShopDirectory, now_ms: int) -> Iterator[Clean]:
    """The shop's tables, while the block lasts; big sorts and joins spill to the shop's disk.

    Raises:
        SchemaError: shop.toml is missing or wrong.
        IngestError: imports.json is damaged.
    """
    shop = read_shop(shop_dir.config)
    imports = read_manifest(shop_dir).imports
    with engine(shop_dir.data, shop.time_zone) as connection:
        parts = {table: _parts(connection, shop_dir, table) for table in PART_SCHEMAS}
        # views keep the expressions of the checks short: Ibis takes its time to compile long ones
        views = {name: _view(connection, name, _real(parts[name])) for name in EVENTS}
        views["item_rows"] = _view(connection, "item_rows", parts["items"])
        views["customers"] = _view(connection, "customers", _latest(parts["customers"], "customer_key"))
        views["items"] = connection.create_table("items", _items(views["item_rows"]), temp=True)
        clock = one(views["actions"].aggregate(latest=views["actions"].at_ms.max()))
        yield Clean(
            shop=shop,
            shop_dir=shop_dir,
            now_ms=now_ms,
            connection=connection,
            imports=imports,
            given=frozenset(record.table for record in imports if record.imported),
            has_clock=(clock["latest"] or 0) >= CLOCK_FROM_MS,
            **views,
        )


def _view(connection: Backend, name: str, rows: ir.Table) -> ir.Table:
    return connection.create_view(f"clean_{name}", rows)


def _parts(connection: Backend, shop_dir: ShopDirectory, table: str) -> ir.Table:
    parts = parts_table(connection, parts_of(shop_dir, table))
    if parts is None:
        empty = ibis.memtable(PART_SCHEMAS[table].empty_table())
        return empty.mutate(part=ibis.literal(0, "int64"))
    return parts


def _real(events: ir.Table) -> ir.Table:
    return events.filter(~events.test.fill_null(False))


def _items(rows: ir.Table) -> ir.Table:
    """One row per item: an items file's latest, else what event files said last; `described`: which of the two."""
    described = _latest(rows.filter(~rows.from_events), "item_key").mutate(described=ibis.literal(True))
    seen = _latest(rows.filter(rows.from_events), "item_key").mutate(described=ibis.literal(False))
    return described.union(seen.anti_join(described, "item_key"))


def _latest(rows: ir.Table, key: str) -> ir.Table:
    newest_first = ibis.window(group_by=key, order_by=(ibis.desc("part"), ibis.desc("line")))
    return rows.mutate(age=ibis.row_number().over(newest_first)).filter(ibis._.age == 0).drop("age")


def local(at_ms: ir.IntegerValue) -> ir.TimestampValue:
    """The time on the wall of the shop: the connection's time zone."""
    return _to_timestamp(at_ms / 1000.0).cast("timestamp")


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """The rows of a table that is small by construction: aggregates and examples."""
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def one(table: ir.Table) -> Mapping[str, Any]:
    """The only row of an aggregate."""
    (row,) = rows_of(table)
    return row


def how_many(rows: ir.Table, so: ir.BooleanValue) -> tuple[int, int]:
    """For how many rows it is so, and how many there are."""
    row = one(rows.aggregate(n=so.sum(), of=rows.count()))
    return int(row["n"] or 0), int(row["of"])
