"""Examples of what a check saw, the worst first, and their cells: figures, times and names as people read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, rows_of

NUM_EXAMPLES: Final = 10
MAX_CELL: Final = 60


def worst(rows: ir.Table, *order: str | ir.Value) -> list[dict[str, Any]]:
    """The first ten rows in this order."""
    return rows_of(rows.order_by(*order).limit(NUM_EXAMPLES))


def worst_named(clean: Clean, rows: ir.Table, *order: str | ir.Value) -> list[dict[str, Any]]:
    """The first ten rows (with `item_key`) in this order, each with `item`, the shop's own id."""
    named = clean.named(rows.order_by(*order).limit(NUM_EXAMPLES))
    return rows_of(named.order_by(*order))  # a join keeps no order


def cells(rows: Sequence[Mapping[str, Any]], names: Sequence[str], zone: str = "UTC") -> list[list[str]]:
    """One list of texts per row: columns that end in `at_ms` become times of the zone, shares percentages."""
    return [[_cell(row[name], name, zone) for name in names] for row in rows]


def _cell(value: object, name: str = "", zone: str = "UTC") -> str:
    """One value as a short text."""
    match value:
        case None:
            return "–"
        case int() if name.endswith("at_ms"):
            return when(value, zone)
        case int() if name.endswith("key"):
            return str(value)
        case float() if name.startswith("share"):
            return f"{value:.1%}"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case list():
            return ", ".join(_cell(each) for each in value)[:MAX_CELL]
        case _:
            text = str(value)
            return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"


def when(at_ms: int, zone: str = "UTC") -> str:
    """A time to the second."""
    try:
        return (
            datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
        )
    except (ValueError, OverflowError):
        return str(at_ms)


def number(count: int, noun: str) -> str:
    """A count with its noun: 1 item, 2,000 items; the noun forms its plural with an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
