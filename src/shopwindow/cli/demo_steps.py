"""The demo's steps: the commands that a person would type for their own shop, in order."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shopwindow.config import ShopDirectory

if TYPE_CHECKING:
    from rich.console import Console

SEED: Final = 1
EPOCHS: Final = 8
RUN: Final = "demo"
TABLES: Final = ("items", "customers", "actions", "pages", "impressions")
NUM_REQUESTS: Final = 2_000
METRICS: Final = ("ndcg@10", "recall@10", "mrr@20")


@dataclass(frozen=True)
class Step:
    """`command`: what a person would type for it."""

    name: str
    title: str
    command: str
    run: Callable[[], None]


def steps_of(directory: Path, console: "Console", first_day: str) -> list[Step]:
    """Everything up to a release that can be served. `first_day` of the simulated log, such as 2026-03-02."""
    shop = str(directory)
    simulate = ["simulate", "--out", shop, "--preset", "demo", "--start", first_day, "--seed", str(SEED)]
    judge = f"--protocol temporal-browse --requests {NUM_REQUESTS}"
    return [
        Step(
            "simulate",
            "Simulate a shop: goods, customers and two months of their visits",
            _typed(simulate),
            lambda: run_command(simulate),
        ),
        Step(
            "import",
            "Import its files",
            f"shopwindow import --shop {shop} --table TABLE {shop}/files/TABLE.parquet",
            lambda: _import(directory, console),
        ),
        Step(
            "train",
            "Train a two-tower model",
            _typed(_training(directory)),
            lambda: run_command(_training(directory)),
        ),
        Step(
            "evaluate",
            "Evaluate it on days that it has not seen",
            f"shopwindow evaluate --shop {shop} --run {RUN} {judge}",
            lambda: _evaluate(directory, console),
        ),
        Step(
            "release",
            "Build the release that serves",
            _typed(_release(directory)),
            lambda: run_command(_release(directory)),
        ),
    ]


def run_command(arguments: list[str]) -> None:
    """A `shopwindow` command in this process."""
    from shopwindow.cli import app

    app(arguments, standalone_mode=False)


def _typed(arguments: list[str]) -> str:
    return " ".join(["shopwindow", *arguments])


def _training(directory: Path) -> list[str]:
    """Trains, or goes on where an earlier demo was stopped."""
    begun = (ShopDirectory(directory).runs / RUN / "config.json").is_file()
    arguments = ["--preset", "small", "--name", RUN, "--epochs", str(EPOCHS)]
    return ["train", "--shop", str(directory), *arguments, *(["--resume"] if begun else [])]


def _release(directory: Path) -> list[str]:
    return ["release", "build", "--run", RUN, "--activate", "--shop", str(directory)]


def _import(directory: Path, console: "Console") -> None:
    """What `shopwindow import` does, told in a line per file; simulated people may have repeatable keys."""
    from shopwindow.ingest.importer import import_file
    from shopwindow.ingest.source import Source
    from shopwindow.schema.shop import read_shop

    shop_dir = ShopDirectory(directory)
    shop = read_shop(shop_dir.config)
    for table in TABLES:
        source = Source(directory / "files" / f"{table}.parquet", table)
        with console.status(f"importing {table}"):
            report = import_file(shop_dir, shop, source, seed=SEED)
        aside = f", [red]{report.rejected:,} set aside[/]" if report.rejected else ""
        console.print(f"{table:<12} {report.imported:>9,} rows{aside}", highlight=False)


def _evaluate(directory: Path, console: "Console") -> None:
    """What `shopwindow evaluate` does, told in one short table."""
    from rich.table import Table

    from shopwindow.cli.evaluate_asked import runs_and_split
    from shopwindow.cli.evaluate_requests import judge
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.evaluation.comparison import exam_of
    from shopwindow.evaluation.table import figure

    shop_dir = ShopDirectory(directory)
    _, split = runs_and_split(shop_dir, [RUN], "temporal")
    exam = exam_of(load_dataset(shop_dir), split, "temporal-browse", SEED).at_most(NUM_REQUESTS)
    report = judge(exam, [shop_dir.runs / RUN], console)
    table = Table("model", *METRICS)
    for entrant in report.entrants:
        name = entrant.outcome.name
        figures = [figure(report.means[name][metric]) for metric in METRICS]
        table.add_row("two-tower" if name == RUN else name, *figures, style="bold" if name == RUN else None)
    console.print(table)
    console.print(
        f"{report.num_requests:,} requests within the category asked for, 95 % intervals; "
        f"all of it: shopwindow evaluate --shop {directory}",
        highlight=False,
    )
