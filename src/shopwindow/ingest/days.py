"""Days: the parts of event tables are cut by day, so that a window of time touches only its own files.

A file holds whole days, one or as many as it takes to reach MIN_ROWS: a busy shop has a file per day, twenty years
of a small one are a single file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import ibis.expr.types as ir

DAY_MS: Final = 86_400_000
MIN_ROWS: Final = 1_000_000  # 0.1 s to read; thousands of small files cost more to open than to read
WHOLE: Final = "all.parquet"


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days of UTC: from `first_ms` until just before `end_ms`."""

    first_ms: int
    end_ms: int

    @property
    def name(self) -> str:
        """Of a file: its first and its last day."""
        return f"{_day(self.first_ms)}_{_day(self.end_ms - DAY_MS)}.parquet"

    @classmethod
    def of(cls, path: Path) -> Self:
        """The days of a file with such a name."""
        first, last = (
            int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000
            for day in path.stem.split("_")
        )
        return cls(first, last + DAY_MS)

    def holds(self, at_ms: ir.IntegerValue) -> ir.BooleanValue:
        """Whether a moment is within."""
        return (at_ms >= self.first_ms) & (at_ms < self.end_ms)

    def meets(self, other: "Days") -> bool:
        """Whether some moment is within both."""
        return self.first_ms < other.end_ms and other.first_ms < self.end_ms


def days_of(at_ms: ir.IntegerColumn, min_rows: int = MIN_ROWS) -> list[Days]:
    """The days of all these moments, cut into files of at least `min_rows` rows, the last one excepted."""
    each = (at_ms // DAY_MS).cast("int64").name("day").as_table()
    counted = each.group_by("day").aggregate(rows=each.count()).order_by("day").to_pyarrow()
    found: list[Days] = []
    gathered = 0
    first: int | None = None
    for number, rows in zip(counted["day"].to_pylist(), counted["rows"].to_pylist(), strict=True):
        first = number if first is None else first
        gathered += rows
        if gathered >= min_rows:
            found.append(Days(first * DAY_MS, (number + 1) * DAY_MS))
            first, gathered = None, 0
    if first is not None:
        found.append(Days(first * DAY_MS, (number + 1) * DAY_MS))
    return found


def files_of(part: Path, days: Days | None = None) -> Sequence[Path]:
    """The Parquet files of a part; with `days` only those that may hold a moment within."""
    named = [each for each in sorted(part.iterdir()) if days is None or Days.of(each).meets(days)]
    return [file for each in named for file in (sorted(each.glob("*.parquet")) if each.is_dir() else [each])]


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
