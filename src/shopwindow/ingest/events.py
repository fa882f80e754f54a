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


@ibis.udf.scalar.builtin(name="md5", signature=(("string",), "string"))
def _md5_of(text): ...  # type: ignore[no-untyped-def]


def fresh_events(connection: Backend, rows: ir.Table, table: str, shop_dir: ShopDirectory) -> ir.Table:
    """The rows (good ones, typed) that no earlier import and no earlier line brought, with their `event_id`."""
    own = "page_id" if table == "pages" else "event_id"
    named = rows if table == "pages" else _with_content_ids(rows, CONTENT[table])
    again = ibis.row_number().over(group_by=own, order_by="line")
    first = named.mutate(again=again).filter(ibis._.again == 0).drop("again")
    known = [str(path) for _, path in parts_of(shop_dir, table)]
    if not known:
        return first
    seen = connection.read_parquet(known).select(own)
    return first.anti_join(seen, own)


def _with_content_ids(rows: ir.Table, content: tuple[str, ...]) -> ir.Table:
    texts = [rows[name].cast("string").fill_null("") for name in content]
    marked = rows.mutate(content=_md5_of(ibis.literal("\x1f").join(texts)))
    occurrence = ibis.row_number().over(group_by="content", order_by="line")
    numbered = marked.mutate(occurrence=occurrence)
    suffix = (numbered.occurrence == 0).ifelse(
        "", ibis.literal("-").concat(numbered.occurrence.cast("string"))
    )
    return numbered.mutate(event_id=ibis.coalesce(numbered.event_id, numbered.content.concat(suffix))).drop(
        "content", "occurrence"
    )
