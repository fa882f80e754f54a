"""Rejects: rows that were set aside, each with its line, the field, what was expected, what came, and the row."""

import csv
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import ibis.expr.types as ir
import pyarrow.parquet as pq

from shopwindow.durable import publish
from shopwindow.ingest.days import WHOLE, files_of
from shopwindow.ingest.delimited import CAME
from shopwindow.ingest.engine import Engine

FEW: Final = 10_000  # rows in memory at once
COLUMNS: Final = ("line", "field", "expected", "came", "raw")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were set aside; `first_line` and `came` are of the first of them."""

    field: str
    expected: str
    came: str
    first_line: int
    count: int


def write_rejects(
    engine: Engine, bad: ir.Table, expected: Mapping[str, str], path: Path
) -> tuple[Reason, ...]:
    """Write the rows of `bad` (line, field, came, raw) as CSV, whole or not at all; the reasons, commonest first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    reasons: dict[tuple[str, str], Reason] = {}
    stored = path.with_name(f".{path.name}.rows")
    stored.mkdir(exist_ok=True)
    engine.write(bad.select("line", "field", "came", "raw").order_by("line"), stored / WHOLE)
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        batches = (some for file in files_of(stored) for some in pq.ParquetFile(file).iter_batches(FEW))
        for some in batches:
            for line, field, text, raw in zip(*(column.to_pylist() for column in some.columns), strict=True):
                came, wanted = text or "nothing", expected.get(field, "")
                if not field:
                    wanted, _, came = came.partition(CAME)
                writer.writerow((line, field, wanted, came, raw))
                first = reasons.get((field, wanted)) or Reason(field, wanted, came, line, 0)
                reasons[field, wanted] = replace(first, count=first.count + 1)
    shutil.rmtree(stored)
    publish(partial, path)
    return tuple(sorted(reasons.values(), key=lambda reason: -reason.count))
