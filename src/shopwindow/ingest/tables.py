"""The clean tables, put together from the parts that imports wrote."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from shopwindow.config import ShopDirectory
from shopwindow.ingest.attribution import attributed, is_complete
from shopwindow.ingest.days import files_of
from shopwindow.ingest.engine import engine
from shopwindow.ingest.events import event_ids
from shopwindow.ingest.manifest import parts_of
from shopwindow.schema.events import ACTIONS, CUSTOMERS, IMPRESSIONS, PAGES
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig, read_shop

MINUTE_MS: Final = 60_000
LINE: Final = pa.field("line", pa.int64())  # of the imported file: rows of one part in order of arrival
FROM_EVENTS: Final = pa.field("from_events", pa.bool_())  # an item row made of what event files say
SESSION: Final = ACTIONS.get_field_index("session")

OCCURRENCE: Final = pa.field("occurrence", pa.int32())  # of an event without id (null) among equal ones

PART_SCHEMAS: Final = {
    # sessions span files: numbered when read
    "actions": ACTIONS.remove(SESSION).append(OCCURRENCE).append(LINE),
    "pages": PAGES.append(LINE),
    "impressions": IMPRESSIONS.append(OCCURRENCE).append(LINE),
    "items": ITEMS.append(FROM_EVENTS).append(LINE),
    "customers": CUSTOMERS.append(LINE),
}


def read_actions(shop_dir: ShopDirectory) -> pa.Table:
    """All actions (schema ACTIONS), sorted by customer_key, at_ms, order of arrival.

    Sessions are numbered; actions that do not name their page are attributed where pages were imported.

    Raises:
        SchemaError: shop.toml is missing or wrong.
    """
    shop = read_shop(shop_dir.config)
    with engine(shop_dir.data) as connection:
        actions = actions_table(connection, shop_dir, shop)
        if actions is None:
            return ACTIONS.empty_table()
        if "session" not in actions.columns:
            actions = with_sessions(actions, shop)
        actions = actions.mutate(event_id=event_ids(actions, "actions"))
        return _arrow(actions.order_by("customer_key", "at_ms", "part", "line"), ACTIONS)


def actions_table(
    connection: SQLBackend, shop_dir: ShopDirectory, shop: ShopConfig, after: int = 0
) -> ir.Table | None:
    """The actions of all parts but the first `after` ones; None without any.

    With `session` where they were attributed to pages, which goes by sessions: else those are left to the reader.
    """
    parts = parts_table(connection, parts_of(shop_dir, "actions")[after:])
    pages = parts_table(connection, parts_of(shop_dir, "pages"))
    if parts is None or pages is None or is_complete(parts):
        return parts
    return attributed(with_sessions(parts, shop), pages, shop.session_gap_minutes * MINUTE_MS)


def with_sessions(actions: ir.Table, shop: ShopConfig) -> ir.Table:
    """Adds `session` [0, 1, ... per customer]: a new one begins after a pause longer than the shop's gap.

    A test event is of the session under way: it begins none and prolongs none.
    """
    actions = actions.mutate(real=~actions.test.fill_null(False))
    journey = ibis.window(group_by=("customer_key", "real"), order_by=("at_ms", "part", "line"))
    pause = actions.at_ms - actions.at_ms.lag().over(journey)
    begins = actions.real & (pause > shop.session_gap_minutes * MINUTE_MS).fill_null(False)
    marked = actions.mutate(begins=begins.cast("int64"))
    through_now = ibis.cumulative_window(group_by="customer_key", order_by=("at_ms", "part", "line"))
    session = marked.begins.sum().over(through_now).cast("int64")
    return marked.mutate(session=session).drop("real", "begins")


def read_pages(shop_dir: ShopDirectory) -> pa.Table:
    """All pages (schema PAGES), sorted by at_ms, order of arrival."""
    return _in_time(shop_dir, "pages", PAGES)


def read_impressions(shop_dir: ShopDirectory) -> pa.Table:
    """All impressions (schema IMPRESSIONS), sorted by at_ms, order of arrival."""
    return _in_time(shop_dir, "impressions", IMPRESSIONS)


def read_customers(shop_dir: ShopDirectory) -> pa.Table:
    """The latest row of each customer that an imported file describes (schema CUSTOMERS), by customer_key.

    `consent` is the latest word: a row that does not speak of it takes nothing back.
    """
    with engine(shop_dir.data) as connection:
        parts = parts_table(connection, parts_of(shop_dir, "customers"))
        if parts is None:
            return CUSTOMERS.empty_table()
        spoken = _latest(parts.filter(parts.consent.notnull()), "customer_key")
        spoken = spoken.select(spoken_key="customer_key", spoken="consent")
        latest = _latest(parts, "customer_key")
        latest = latest.left_join(spoken, latest.customer_key == spoken.spoken_key)
        return _arrow(latest.mutate(consent=latest.spoken).order_by("customer_key"), CUSTOMERS)


def read_items(shop_dir: ShopDirectory) -> pa.Table:
    """One row per item of every clean table (schema ITEMS), by item_key.

    The latest row of an items file counts whole; an item that no items file describes has what event
    files say of it (category, brand, price), or its id alone. `first_seen_ms` falls back on the
    first event.
    """
    with engine(shop_dir.data) as connection:
        parts = parts_table(connection, parts_of(shop_dir, "items"))
        if parts is None:
            return ITEMS.empty_table()
        described = _latest(parts.filter(~parts.from_events), "item_key")
        seen = _seen(parts.filter(parts.from_events))
        fallback = seen.rename({f"seen_{name}": name for name in ITEMS.names})
        joined = described.outer_join(fallback, described.item_key == fallback.seen_item_key)
        is_described = joined.item_key.notnull()
        columns = {name: is_described.ifelse(joined[name], joined[f"seen_{name}"]) for name in ITEMS.names}
        columns["first_seen_ms"] = ibis.coalesce(joined.first_seen_ms, joined.seen_first_seen_ms)
        return _arrow(joined.select(**columns).order_by("item_key"), ITEMS)


def _seen(parts: ir.Table) -> ir.Table:
    """One row per item from event files: the last word on each column, the earliest event."""
    arrival = parts.mutate(arrival=parts.part * 2**32 + parts.line)

    def last(name: str) -> ir.Scalar:
        return arrival[name].argmax(arrival.arrival, where=arrival[name].notnull())

    columns = {name: last(name) for name in ITEMS.names if name not in ("item_key", "first_seen_ms")}
    return arrival.group_by("item_key").aggregate(**columns, first_seen_ms=arrival.first_seen_ms.min())


def _latest(parts: ir.Table, key: str) -> ir.Table:
    newest_first = ibis.window(group_by=key, order_by=(ibis.desc("part"), ibis.desc("line")))
    return parts.mutate(age=ibis.row_number().over(newest_first)).filter(ibis._.age == 0)


def _in_time(shop_dir: ShopDirectory, table: str, schema: pa.Schema) -> pa.Table:
    with engine(shop_dir.data) as connection:
        parts = parts_table(connection, parts_of(shop_dir, table))
        if parts is None:
            return schema.empty_table()
        if table == "impressions":
            parts = parts.mutate(event_id=event_ids(parts, table))
        return _arrow(parts.order_by("at_ms", "part", "line"), schema)


def parts_table(connection: SQLBackend, parts: Sequence[tuple[int, Path]]) -> ir.Table | None:
    """All rows of these parts with the number of the import (`part`) that brought them; None without any."""
    tables = [
        read_part(connection, files_of(path), path.parent.name).mutate(part=ibis.literal(number, "int64"))
        for number, path in parts
    ]
    if not tables:
        return None
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def read_part(connection: SQLBackend, files: Sequence[Path], table: str) -> ir.Table:
    """The rows of these files of one part; a column that the imported file did not bring is null."""
    rows = connection.read_parquet([str(file) for file in files])
    kinds = ibis.Schema.from_pyarrow(PART_SCHEMAS[table]).items()
    return rows.select(
        **{name: rows[name].cast(kind) if name in rows.columns else ibis.null(kind) for name, kind in kinds}
    )


def _arrow(table: ir.Table, schema: pa.Schema) -> pa.Table:
    return table.select(*schema.names).to_pyarrow().cast(schema)
