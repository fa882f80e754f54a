"""Events once: which of a file's rows are new to the shop, told by event id, else by content and occurrence.

An event without an id is known by what it says: the n-th equal row of a file is the n-th such event (`occurrence`,
from 0). A file that repeats an earlier one adds nothing, and equal events within one file are all kept.
"""

from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.engine import Engine

OWN_ID: Final = {"actions": "event_id", "pages": "page_id", "impressions": "event_id"}
CONTENT: Final = {
    "actions": {"customer": "customer_key", "item": "item_key", "action": "action", "at": "at_ms"},
    "impressions": {
        "customer": "customer_key", "item": "item_key", "page_id": "page_id", "position": "position", "at": "at_ms",
    },
}  # fmt: skip
"""What makes two rows without an event id the same event: in a file -> in the parts."""


MARKS: Final = 2**62  # engines hash to other widths, with and without sign: this fits an int64


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _hash_4(a, b, c, d) -> int: ...  # type: ignore[no-untyped-def,empty-body]


@ibis.udf.scalar.builtin(name="md5", signature=(("string",), "string"))  # type: ignore[untyped-decorator]
def _md5_of(text: ir.Value) -> ir.StringValue: ...


def once_by_id(engine: Engine, rows: ir.Table, table: str, known: ir.Table | None) -> ir.Table:
    """The rows whose own id no earlier line and no earlier import brought; rows without one stay."""
    own = OWN_ID[table]
    several = _several(engine, rows.filter(rows[own].notnull()), (own,), "ids")
    if several is not None:
        first = ibis.row_number().over(group_by=(own, "mark"), order_by="line") == 0
        marked = rows.mutate(mark=_mark(rows, (own,)))
        rest = marked.filter(marked[own].isnull() | marked.mark.notin(several.mark))
        again = marked.filter(marked[own].notnull()).semi_join(several, "mark").mutate(first=first)
        rows = rest.union(again.filter(again.first).drop("first")).drop("mark")
    if known is not None:
        rows = rows.anti_join(known.select(own).filter(ibis._[own].notnull()), own)
    return engine.kept("once", rows)


def with_occurrence(engine: Engine, rows: ir.Table, table: str, name: str) -> ir.Table:
    """Adds `occurrence`, the place of a row among those that say the same; 0 for events with an id."""
    own = OWN_ID[table]
    content = [column for column in CONTENT[table] if column in rows.columns]
    unnamed = rows.filter(rows[own].isnull()) if own in rows.columns else rows
    several = _several(engine, unnamed, content, name)
    if several is None:
        return rows.mutate(occurrence=ibis.literal(0, "int32"))
    # few rows are repeated: only these are sorted and numbered
    repeated = unnamed.mutate(mark=_mark(unnamed, content)).semi_join(several, "mark")
    place = ibis.row_number().over(group_by=content, order_by="line").cast("int32")
    places = repeated.select(repeated_line=repeated.line, repeated_at=repeated["at"], place=place)
    places = engine.kept(f"places_{name}", places)
    found = rows.left_join(places, [rows.line == places.repeated_line, rows["at"] == places.repeated_at])
    return found.mutate(occurrence=found.place.fill_null(0)).drop(*places.columns)


def unknown(rows: ir.Table, known: ir.Table, table: str) -> ir.Table:
    """The rows (with keys and `occurrence`) that `known` does not hold."""
    content = [*CONTENT[table].values(), "occurrence"]
    before = known.filter(known.event_id.isnull())
    before = before.select(**{f"known_{name}": before[name] for name in content})
    equal = [rows[name].identical_to(before[f"known_{name}"]) for name in content]
    if "event_id" in rows.columns:
        equal.append(rows.event_id.isnull())
    return rows.anti_join(before, equal)


def event_ids(events: ir.Table, table: str) -> ir.StringValue:
    """The `event_id` of rows of parts: the file's own, else a hash of what the event says."""
    texts = [events[name].cast("string").fill_null("") for name in CONTENT[table].values()]
    suffix = (events.occurrence > 0).ifelse(ibis.literal("-").concat(events.occurrence.cast("string")), "")
    return ibis.coalesce(events.event_id, _md5_of(ibis.literal("\x1f").join(texts)).concat(suffix))


def _several(engine: Engine, rows: ir.Table, columns: Sequence[str], name: str) -> ir.Table | None:
    """Hashes (`mark`) of these columns that occur more than once; None where there are none."""
    return engine.repeated(f"several_{name}", rows.select(mark=_mark(rows, columns)))


def _mark(rows: ir.Table, columns: Sequence[str]) -> ir.Value:
    """A cheap hash of the columns: it only tells which rows have to be looked at closely."""
    parts: list[ir.Value] = [rows[name] for name in columns]
    parts += [ibis.literal(0)] * (4 - len(parts))
    mark = _hash_4(*parts[:4])
    if len(parts) > 4:
        mark = _hash_4(mark, *parts[4:], *[ibis.literal(0)] * (7 - len(parts)))
    return mark % MARKS
