"""Rejects: rows that were set aside, each with its line, the field, what was expected, what came, and the row."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ibis.expr.types as ir

from shopwindow.ingest.delimited import CAME
from shopwindow.ingest.manifest import publish

COLUMNS: Final = ("line", "field", "expected", "came", "raw")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were set aside; `first_line` and `came` are of the first of them."""

    field: str
    expected: str
    came: str
    first_line: int
    count: int


def write_rejects(bad: ir.Table, expected: Mapping[str, str], path: Path) -> tuple[Reason, ...]:
    """Write the rows of `bad` (line, field, came, raw) as CSV, whole or not at all; the reasons, commonest first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    reasons: dict[tuple[str, str], Reason] = {}
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for batch in bad.select("line", "field", "came", "raw").order_by("line").to_pyarrow_batches():
            for row in batch.to_pylist():
                field, came = row["field"], row["came"] or "nothing"
                wanted = expected.get(field, "")
                if not field:
                    wanted, _, came = came.partition(CAME)
                writer.writerow((row["line"], field, wanted, came, row["raw"]))
                first = reasons.get((field, wanted)) or Reason(field, wanted, came, row["line"], 0)
                reasons[field, wanted] = Reason(field, wanted, first.came, first.first_line, first.count + 1)
    publish(partial, path)
    return tuple(sorted(reasons.values(), key=lambda reason: -reason.count))
