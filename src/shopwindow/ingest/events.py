"""Events once: which of a file's rows are new to the shop, told by event id, else by content and occurrence."""

from typing import Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from shopwindow.config import ShopDirectory
from shopwindow.ingest.manifest import parts_of

CONTENT: Final = {
    "actions": ("customer", "item", "action", "at"),
    "impressions": ("customer", "item", "page_id", "position", "at"),
}
"""What makes two rows without an event id the same event. The n-th equal row of a file is the n-th such event:
a file that repeats an earlier one adds nothing, and equal events within one file are all kept."""


@ibis.udf.scalar.builtin(name="md5", signature=(("string",), "string"))  # type: ignore[untyped-decorator]
def _md5_of(text: ir.Value) -> ir.StringValue: ...


@ibis.udf.scalar.builtin(name="hash", signature=(("string",), "uint64"))  # type: ignore[untyped-decorator]
def _hash_of(text: ir.Value) -> ir.IntegerValue: ...


def fresh_events(connection: Backend, rows: ir.Table, table: str, shop_dir: ShopDirectory) -> ir.Table:
    """The rows (good ones, typed) that no earlier import and no earlier line brought, with their `event_id`."""
    own = "page_id" if table == "pages" else "event_id"
    named = _named(rows, table)
    # most names occur once: a cheap hash finds those that may not, and only these are counted
    often = named.group_by("mark").aggregate(times=named.count()).filter(ibis._.times > 1)
    several = named.semi_join(often, "mark").select("row", "line", "name")
    occurrence = ibis.row_number().over(group_by="name", order_by=("line", "row"))
    later = several.select(later_row=several.row, occurrence=occurrence).filter(ibis._.occurrence > 0)
    later = connection.create_table("later_rows", later, temp=True)
    counted = named.left_join(later, named.row == later.later_row)
    counted = counted.filter(~(counted.given & counted.occurrence.notnull()))
    suffix = ibis.literal("-").concat(counted.occurrence.cast("string")).fill_null("")
    fresh = counted.mutate(**{own: counted.name.concat(suffix)}).drop(
        "later_row", "occurrence", "name", "given"
    )
    known = [str(path) for _, path in parts_of(shop_dir, table)]
    return fresh.anti_join(connection.read_parquet(known).select(own), own) if known else fresh


def _named(rows: ir.Table, table: str) -> ir.Table:
    """Adds `name`, equal for rows that may be the same event, its hash `mark`, and if the file has `given` it."""
    if table == "pages":
        return rows.mutate(name=rows.page_id, mark=_hash_of(rows.page_id), given=ibis.literal(True))
    texts = [rows[name].cast("string").fill_null("") for name in CONTENT[table] if name in rows.columns]
    content = ibis.literal("\x1f").join(texts)
    if "event_id" not in rows.columns:
        return rows.mutate(name=_md5_of(content), mark=_hash_of(content), given=ibis.literal(False))
    given = rows.event_id.notnull()
    name = rows.event_id.fill_null(_md5_of(content))
    return rows.mutate(name=name, mark=_hash_of(name), given=given)
