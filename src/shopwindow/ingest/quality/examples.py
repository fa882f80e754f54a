"""Cells of examples: figures, times and names as people read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

MAX_CELL = 60


def cells(rows: Sequence[Mapping[str, Any]], names: Sequence[str], zone: str = "UTC") -> list[list[str]]:
    """One list of texts per row: columns that end in `_ms` become times of the zone, shares percentages."""
    return [[cell(row[name], name, zone) for name in names] for row in rows]


def cell(value: object, name: str = "", zone: str = "UTC") -> str:
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
            return ", ".join(cell(each) for each in value)[:MAX_CELL]
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
