"""`shopwindow evaluate`: baselines and trained runs on the same held-out requests."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

import typer

from shopwindow.errors import EvaluationError

if TYPE_CHECKING:
    from shopwindow.evaluation.report import Report

DAY_MS: Final = 86_400_000
Runs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--run", help="A run to judge; repeat for several. Default: every run made for this split."),
]
AnyProtocol: TypeAlias = Annotated[
    Literal["temporal", "temporal-browse", "leave-one-out", "replay"],
    typer.Option(
        help="temporal: requests of the last days, the whole shop. temporal-browse: within the category asked for. "
        "leave-one-out: each customer's last action, as papers report. replay: the pages you have served, your order "
        "against ours."
    ),
]
NumRequests: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Judge by a random choice of so many test requests; 0: by all.")
]
Windows: TypeAlias = Annotated[
    int,
    typer.Option(
        min=0,
        help="Backtest: so many successive test periods, every model fitted on the past of each. Runs that --run "
        "names are trained anew for each.",
    ),
]
Stale: TypeAlias = Annotated[
    list[int] | None,
    typer.Option(
        "--stale",
        min=1,
        help="Measure once more with histories so many seconds old; repeat for a curve. Live counts stay as they are.",
    ),
]
NewDays: TypeAlias = Annotated[
    float | None,
    typer.Option(
        min=0, help="An item is new for so many days; default: a week, or a tenth of the log if that is less."
    ),
]
Baselines: TypeAlias = Annotated[
    Literal["first", "all", "neural"],
    typer.Option(
        help="first: popularity and item-kNN. all: every baseline, with up to 24 settings tried of each; what `shopwindow tune` "
        "has tried is not tried again, the rest is tried now (from minutes to an hour). neural: GRU4Rec, BERT4Rec, DNN, NeuMF "
        "and LightGCN, too (hours)."
    ),
]
Seed: TypeAlias = Annotated[int, typer.Option(help="Of the tie order and of the bootstrap.")]
Html: TypeAlias = Annotated[
    Path | None, typer.Option("--html", help="The page with plots; default: reports/ of the shop.")
]
Json: TypeAlias = Annotated[Path | None, typer.Option("--json", help="Write everything here as JSON, too.")]
Shop: TypeAlias = Annotated[Path, typer.Option("--shop", help="Directory of the shop.")]


def register(app: typer.Typer) -> None:
    """Add `evaluate` to the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    run: Runs = None,
    protocol: AnyProtocol = "temporal",
    requests: NumRequests = 20_000,
    windows: Windows = 0,
    stale: Stale = None,
    new_days: NewDays = None,
    baselines: Baselines = "first",
    seed: Seed = 0,
    html: Html = None,
    json: Json = None,
    shop: Shop = Path(),
) -> None:
    """Compare popularity, item-kNN and trained runs: NDCG, recall and more, with intervals, differences, segments.

    Baselines choose their settings on validation requests; the test requests are only asked once. A run is judged on
    the period that it held out itself. A page with plots and a summary in words is written next to the tables.

    Examples:
    shopwindow evaluate --shop my-shop --run small --stale 60 --stale 3600

    shopwindow evaluate --shop my-shop --windows 5

    shopwindow evaluate --shop my-shop --protocol replay
    """
    from rich.console import Console

    from shopwindow.cli.evaluate_asked import Asked, runs_and_split
    from shopwindow.cli.evaluate_pages import pages_report
    from shopwindow.cli.evaluate_requests import requests_report
    from shopwindow.cli.evaluate_windows import windows_report
    from shopwindow.config import ShopDirectory
    from shopwindow.evaluation.report import write_json
    from shopwindow.evaluation.table import tables

    shop_dir, console = ShopDirectory(shop), Console()
    names, spec = runs_and_split(shop_dir, run or [], protocol)
    ask = Asked(
        shop_dir=shop_dir, spec=spec, protocol=protocol, requests=requests, seed=seed,
        stale_ms=tuple(1000 * each for each in stale or ()),
        new_ms=None if new_days is None else int(new_days * DAY_MS),
    )  # fmt: skip
    if ((windows or protocol == "replay") and stale) or (windows and protocol == "replay"):
        raise EvaluationError("expected one of --windows, --stale and --protocol replay, came several")
    if baselines != "first" and (windows or protocol == "replay"):
        raise EvaluationError(
            f"--baselines {baselines} goes with one test period: leave out --windows and replay"
        )
    report: Report | None
    if protocol == "replay":
        report, page = pages_report(ask, names, console)
    elif windows:
        report, page = windows_report(ask, run or [], windows, console)
    else:
        report, page = requests_report(ask, names, console, baselines)
    for table in tables(report) if report is not None else ():
        console.print(table)
    if not names:
        console.print(f"no run to judge yet: shopwindow train --shop {shop}")
    elif windows and not run:
        console.print(
            f"runs are trained anew for each window, so only named ones take part: --run {names[0]}"
        )
    written = page.write(html or shop_dir.reports / f"{_file_name(protocol, windows)}.html")
    console.print(f"with plots: {written}")
    if json is not None and report is not None:
        write_json(report, json)
        console.print(f"written: {json}")


def _file_name(protocol: str, windows: int) -> str:
    if windows:
        return "backtest"
    return "evaluation" if protocol == "temporal" else f"evaluation-{protocol}"
