"""Import at scale: events as CSV and as Parquet -> clean tables and event columns; then one more day.

`make bench NAME=import`. The events are made up (`made_events`), which is not timed; nothing of --data is read. Every
figure is taken in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.made_events import DAYS, write_events
from benchmarks.record import Row, command_line, peak_mib, write_results
from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import build_columns
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import ShopConfig, shop_toml

SEED = 0
SHOP = ShopConfig(name="import")


def taken(shop_dir: ShopDirectory, file: Path) -> dict[str, Any]:
    """Import the file and bring the columns up to date: seconds of both, processor seconds, peak memory."""
    if not shop_dir.config.exists():
        shop_dir.root.mkdir(parents=True)
        shop_dir.config.write_text(shop_toml(SHOP))
    begun, begun_cpu = time.perf_counter(), time.process_time()
    report = import_file(shop_dir, SHOP, Source(file), seed=SEED)
    imported = time.perf_counter()
    columns = build_columns(shop_dir, SHOP)
    done = time.perf_counter()
    return {
        "rows": report.rows,
        "imported": report.imported,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "events": columns.num_events,
        "import_s": imported - begun,
        "columns_s": done - imported,
        "cpu_s": time.process_time() - begun_cpu,
        "peak_mib": peak_mib(),
    }


def in_own_process(shop_dir: ShopDirectory, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.import", "--one", str(file), "--shop", str(shop_dir.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(file.name, found, flush=True)
    return found


def rows_of(protocol: str, found: dict[str, Any], per_million_s: float | None) -> list[Row]:
    """The figures of one run; `per_million_s` of the smallest one, to compare with."""
    seconds = found["import_s"] + found["columns_s"]
    cost = seconds / found["rows"] * 1e6
    values = {
        "events_per_s": found["rows"] / seconds,
        "import_s": found["import_s"],
        "columns_s": found["columns_s"],
        "s_per_million": cost,
        "ratio_to_smallest": cost / (per_million_s or cost),
        "processors_busy": found["cpu_s"] / seconds,
        "peak_mib": found["peak_mib"],
    }
    note = f"{found['rejected']} set aside, {found['duplicates']} known before"
    return [
        Row(
            dataset="made-up-events", protocol=protocol, model=f"{found['rows'] / 1e6:g} M rows", metric=metric,
            value=value, n=found["rows"], seconds=seconds, peak_mib=found["peak_mib"], seed=SEED,
            command=command_line(), note=note,
        )
        for metric, value in values.items()
    ]  # fmt: skip


def measured(folder: Path, form: str, sizes: list[int]) -> list[Row]:
    """A shop of each size, and one more day for each: the day's file begins with a hundredth of the day before."""
    rows: list[Row] = []
    smallest: float | None = None
    for size in sizes:
        shop_dir, file = ShopDirectory(folder / f"shop-{form}-{size}"), folder / f"week-{size}.{form}"
        write_events(file, size)
        found = in_own_process(shop_dir, file)
        file.unlink()
        rows += rows_of(f"{form}, import and columns", found, smallest)
        smallest = smallest or (found["import_s"] + found["columns_s"]) / found["rows"] * 1e6
        day, again = size // DAYS, size // DAYS // 100
        file = folder / f"day-{size}.{form}"
        write_events(file, size, size - again, day + again)
        found = in_own_process(shop_dir, file)
        rows += [
            each for each in rows_of(f"{form}, one more day of a week of {size / 1e6:g} M", found, None)
            if each.metric != "ratio_to_smallest"
        ]  # fmt: skip
        file.unlink()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not read")
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary folder")
    parser.add_argument("--forms", default="csv,parquet")
    parser.add_argument("--rows", default="1e6,3e6,10e6,30e6")
    parser.add_argument("--one", type=Path, help="(inner) import this file and print what it took")
    parser.add_argument("--shop", type=Path, help="(inner) into this shop")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(taken(ShopDirectory(given.shop), given.one)))
        return
    sizes = [int(float(text)) for text in given.rows.split(",")]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        for form in given.forms.split(","):
            rows += measured(Path(name), form, sizes)
    write_results("import", rows, keep=True)  # --forms and --rows: in pieces


if __name__ == "__main__":
    main()
