"""The same import on DuckDB and on Spark in local mode: are the tables equal, and how long does each take?

`make bench NAME=spark`. The events are made up (`made_events`), which is not timed; nothing of --data is read. Spark's
seconds are without the start of its session, which has a row of its own; the first size also warms Java.
"""

import argparse
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.made_events import write_events
from benchmarks.record import Row, command_line, write_results
from shopwindow.config import ShopDirectory
from shopwindow.ingest.days import files_of
from shopwindow.ingest.engine import Opening, duck_engine
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.manifest import parts_of
from shopwindow.ingest.source import Source
from shopwindow.ingest.spark import spark_engine
from shopwindow.schema.shop import ShopConfig, shop_toml

SEED = 0
SHOP = ShopConfig(name="spark")


def digest(shop_dir: ShopDirectory) -> str:
    """Equal for equal parts, whatever the order and the files of their rows."""
    found = []
    for table in ("actions", "items"):
        files = [str(file) for _, part in parts_of(shop_dir, table) for file in files_of(part)]
        rows = duckdb.read_parquet(files)
        found += [
            str([rows.columns, rows.types]),
            *rows.query("r", "SELECT count(*), sum(hash(r)::HUGEINT) FROM r").fetchall(),
        ]
    return str(found)


def taken(root: Path, file: Path, opening: Opening) -> tuple[float, str]:
    """Seconds of the import into a new shop, and the digest of its parts."""
    shop_dir = ShopDirectory(root)
    shop_dir.root.mkdir()
    shop_dir.config.write_text(shop_toml(SHOP))
    begun = time.perf_counter()
    import_file(shop_dir, SHOP, Source(file), seed=SEED, opening=opening)
    return time.perf_counter() - begun, digest(shop_dir)


def row(model: str, size: int, metric: str, value: float) -> Row:
    return Row(
        dataset="made-up-events", protocol=f"csv, {size / 1e6:g} M rows, import", model=model, metric=metric,
        value=value, n=size, seed=SEED, command=command_line(),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not read")
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary folder")
    parser.add_argument("--rows", default="1e6,10e6")
    given = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        begun = time.perf_counter()
        with spark_engine(folder / "spark", SHOP.time_zone) as spark:
            started = row("spark", 0, "start_s", time.perf_counter() - begun)
            rows.append(replace(started, protocol="session"))
            for size in (int(float(text)) for text in given.rows.split(",")):
                file = folder / f"week-{size}.csv"
                write_events(file, size)
                duck_s, expected = taken(folder / f"duckdb-{size}", file, duck_engine)
                spark_s, found = taken(folder / f"spark-{size}", file, lambda *_, e=spark: nullcontext(e))
                rows += [row("duckdb", size, "seconds", duck_s), row("spark", size, "seconds", spark_s)]
                rows.append(row("spark", size, "equal_tables", float(found == expected)))
    write_results("spark", rows)


if __name__ == "__main__":
    main()
