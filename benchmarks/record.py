"""One form for every result: benchmarks/results/NAME.json, a table in the terminal, and LEADERBOARD.md from all of them.

`python -m benchmarks.record` writes LEADERBOARD.md anew from the committed results.
"""

import json
import platform
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LEADERBOARD = ROOT / "LEADERBOARD.md"
PACKAGES = ("numpy", "torch", "onnxruntime", "faiss-cpu", "duckdb", "ibis-framework", "lightning", "implicit")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure. `low`, `high`: 95 % interval where there is one; `n`: what it was taken over.

    `source` is "measured" for what this run measured and "published" for a figure copied from a peer.
    """

    dataset: str
    protocol: str
    model: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    seconds: float | None = None
    peak_mib: float | None = None
    seed: int | None = None
    command: str = ""
    source: str = "measured"
    note: str = ""
    commit: str = ""


def command_line() -> str:
    """The command that runs this benchmark, as a reader would type it."""
    module = Path(sys.argv[0]).stem
    return f"make bench NAME={module}" + (
        f" ARGS={shlex.quote(shlex.join(_own_arguments()))}" if _own_arguments() else ""
    )


def _own_arguments() -> list[str]:
    """Arguments other than those that name a path of the machine."""
    given = sys.argv[1:]
    for path in ("--data", "--folder"):
        if path in given:
            place = given.index(path)
            given = given[:place] + given[place + 2 :]
    return given


def peak_mib() -> float:
    """The largest resident memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> dict[str, Any]:
    """What the figures were taken on: processor, cores, memory, system."""
    cpu = platform.processor() or platform.machine()
    memory_kib, info = 0, Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        cpu = f"{len(names)} x {names[0]}" if names else cpu
        memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {"cpu": cpu, "memory_gib": round(memory_kib / 2**20, 1), "system": platform.platform(terse=True)}


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def this_commit() -> str:
    """The commit that runs, with "+" if the source differed from it (results and text do not count).

    As it was when first asked: programs that run long ask when they begin.
    """
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", "src", "benchmarks/*.py")
    return head + ("+" if changed else "") if head else "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def write_results(name: str, rows: Sequence[Row], keep: bool = False) -> Path:
    """Write benchmarks/results/NAME.json, print the rows, renew LEADERBOARD.md.

    keep: rows already in the file stay unless this run has the same dataset, protocol, model, metric, seed and source.
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    records = [asdict(row) | {"commit": row.commit or this_commit()} for row in rows]
    if keep and path.exists():
        fresh = {_identity(record) for record in records}
        before = json.loads(path.read_text(encoding="utf-8"))["rows"]
        records = [record for record in before if _identity(record) not in fresh] + records
    body = {"name": name, "machine": machine(), "versions": versions(), "rows": records}
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    print_rows(name, records)
    write_leaderboard()
    return path


def _identity(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record[key] for key in ("dataset", "protocol", "model", "metric", "seed", "source"))


def print_rows(name: str, records: Iterable[dict[str, Any]]) -> None:
    """The rows as a table in the terminal."""
    table = Table(title=name, title_justify="left")
    for heading in ("dataset", "protocol", "model", "metric"):
        table.add_column(heading)
    for heading in ("value", "95 %", "n", "seconds", "MiB", "seed", "source"):
        table.add_column(heading, justify="right")
    for record in records:
        table.add_row(
            record["dataset"], record["protocol"], record["model"], record["metric"],
            _figure(record["value"]), _interval(record), _whole(record["n"]), _whole(record["seconds"]),
            _whole(record["peak_mib"]), _whole(record["seed"]), record["source"],
        )  # fmt: skip
    console = Console()
    (console if console.is_terminal else Console(width=180)).print(table)


def _figure(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2f}"


def _interval(record: dict[str, Any]) -> str:
    low, high = record["low"], record["high"]
    return "" if low is None or high is None else f"{_figure(low)} - {_figure(high)}"


def write_leaderboard() -> None:
    """LEADERBOARD.md: a table per benchmark, data set and protocol, generated from the committed results."""
    lines = [
        "# Leaderboard",
        "",
        "Generated from `benchmarks/results/*.json` by `make leaderboard`; do not edit. A figure marked *published* was",
        "copied from its authors, all others were measured by the command shown. Intervals are 95 %.",
    ]
    for path in sorted(RESULTS.glob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        lines += [
            "",
            f"## {body['name']}",
            "",
            f"Machine: {body['machine']['cpu']}.",
        ]
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for record in body["rows"]:
            groups.setdefault((record["dataset"], record["protocol"]), []).append(record)
        for (dataset, protocol), records in groups.items():
            lines += ["", f"### {dataset}, {protocol}", "", *_markdown_table(records)]
    LEADERBOARD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _markdown_table(records: Sequence[dict[str, Any]]) -> list[str]:
    metrics = list(dict.fromkeys(record["metric"] for record in records))
    rows: dict[tuple[str, str, Any], dict[str, dict[str, Any]]] = {}
    for record in records:
        rows.setdefault((record["model"], record["source"], record["seed"]), {})[record["metric"]] = record
    head = ["model", *metrics, "seed", "seconds", "MiB", "note"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for (model, source, seed), cells in rows.items():
        some = next(iter(cells.values()))
        figures = [_cell(cells.get(metric)) for metric in metrics]
        note = "; ".join(
            part for part in ("published" if source == "published" else "", some["note"]) if part
        )
        tail = [_whole(seed), _whole(some["seconds"]), _whole(some["peak_mib"]), note]
        lines.append("| " + " | ".join([model, *figures, *tail]) + " |")
    commands = dict.fromkeys(
        f"`{record['command']}` at commit `{record['commit']}`" for record in records if record["command"]
    )
    return [*lines, *(["", "; ".join(commands)] if commands else [])]


def _cell(record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    interval = _interval(record)
    return _figure(record["value"]) + (f" ({interval})" if interval else "")


if __name__ == "__main__":
    write_leaderboard()
