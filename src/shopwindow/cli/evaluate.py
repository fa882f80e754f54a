"""`shopwindow evaluate`: baselines and trained runs on the same held-out requests."""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from shopwindow.errors import EvaluationError

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.datasets.dataset import Dataset
    from shopwindow.datasets.split import SplitSpec
    from shopwindow.document import Document, Section
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.ranking import Protocol
    from shopwindow.evaluation.report import Entrant, Report

DAY_MS: Final = 86_400_000


def register(app: typer.Typer) -> None:
    """Add `evaluate` to the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run", help="A run to judge; repeat for several. Default: every run made for this split."
        ),
    ] = None,
    protocol: Annotated[
        Literal["temporal", "temporal-browse", "leave-one-out", "replay"],
        typer.Option(
            help="temporal: requests of the last days, the whole shop. temporal-browse: within the category asked for. "
            "leave-one-out: each customer's last action, as papers report. replay: the pages you have served, your order "
            "against ours."
        ),
    ] = "temporal",
    requests: Annotated[
        int, typer.Option(min=0, help="Judge by a random choice of so many test requests; 0: by all.")
    ] = 20_000,
    windows: Annotated[
        int,
        typer.Option(
            min=0,
            help="Backtest: so many successive test periods, every model fitted on the past of each. Runs that --run "
            "names are trained anew for each.",
        ),
    ] = 0,
    stale: Annotated[
        list[int] | None,
        typer.Option(
            "--stale", min=1, help="Measure once more with histories so many seconds old; repeat for a curve."
        ),
    ] = None,
    new_days: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="An item is new for so many days; default: a week, or a tenth of the log if that is less.",
        ),
    ] = None,
    baselines: Annotated[
        Literal["first", "all"],
        typer.Option(
            help="first: popularity and item-kNN. all: every baseline, as `shopwindow tune` has tuned them, else tuned "
            "now (minutes)."
        ),
    ] = "first",
    seed: Annotated[int, typer.Option(help="Of the tie order and of the bootstrap.")] = 0,
    html: Annotated[
        Path | None, typer.Option("--html", help="The page with plots; default: reports/ of the shop.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write everything here as JSON, too.")] = None,
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
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

    from shopwindow.cli.evaluate_pages import pages_report
    from shopwindow.cli.evaluate_windows import windows_report
    from shopwindow.config import ShopDirectory
    from shopwindow.evaluation.report import write_json
    from shopwindow.evaluation.table import tables

    shop_dir, console = ShopDirectory(shop), Console()
    names, spec = runs_and_split(shop_dir, run or [], leave_one_out=protocol == "leave-one-out")
    ask = Asked(
        shop_dir=shop_dir, spec=spec, protocol=protocol, requests=requests, seed=seed,
        stale_ms=tuple(1000 * each for each in stale or ()),
        new_ms=None if new_days is None else int(new_days * DAY_MS),
    )  # fmt: skip
    if ((windows or protocol == "replay") and stale) or (windows and protocol == "replay"):
        raise EvaluationError("expected one of --windows, --stale and --protocol replay, came several")
    if baselines == "all" and (windows or protocol == "replay"):
        raise EvaluationError("--baselines all goes with one test period: leave out --windows and replay")
    report: Report | None
    if protocol == "replay":
        report, page = pages_report(ask, names, console)
    elif windows:
        report, page = windows_report(ask, run or [], windows, console)
    else:
        report, page = requests_report(ask, names, console, everyone=baselines == "all")
    for table in tables(report) if report is not None else ():
        console.print(table)
    if not names:
        console.print(f"no run to judge yet: shopwindow train --shop {shop}")
    written = page.write(html or shop_dir.reports / f"{_file_name(protocol, windows)}.html")
    console.print(f"with plots: {written}")
    if json is not None and report is not None:
        write_json(report, json)
        console.print(f"written: {json}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command was asked for. `requests`: at most so many, 0 = all. The rest as in `EvaluationOptions`."""

    shop_dir: "ShopDirectory"
    spec: "SplitSpec"
    protocol: "Protocol"
    requests: int
    seed: int
    stale_ms: tuple[int, ...] = ()
    new_ms: int | None = None

    def exam(self, dataset: "Dataset", spec: "SplitSpec") -> "Exam":
        """The exam of a split of this data set."""
        from shopwindow.evaluation.comparison import exam_of

        exam = exam_of(dataset, spec, self.protocol, self.seed)
        exam = replace(exam, options=replace(exam.options, stale_ms=self.stale_ms, new_ms=self.new_ms))
        return exam.at_most(self.requests) if self.requests else exam


def requests_report(
    ask: Asked, names: Sequence[str], console: "Console", *, everyone: bool = False
) -> tuple["Report", "Document"]:
    """The report and the page of one test period. everyone: beside every baseline, not the first ones alone."""
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.evaluation.page import page_of

    dataset = load_dataset(ask.shop_dir)
    journal = ask.shop_dir.tuning / f"{ask.protocol}.journal" if everyone else None
    report = judge(
        ask.exam(dataset, ask.spec), [ask.shop_dir.runs / name for name in names], console, journal
    )
    return report, page_of(report, f"Evaluation of {dataset.shop.name}", [data_section(dataset)])


def data_section(dataset: "Dataset") -> "Section":
    """How much data the figures rest on."""
    from shopwindow.document import Section, Text

    at_ms = dataset.columns.at_ms
    days = (int(at_ms.max()) - int(at_ms.min())) / 86_400_000
    return Section(
        "Data",
        (
            Text(
                f"{dataset.columns.num_events:,} actions of {dataset.columns.num_customers:,} customers on "
                f"{dataset.num_items:,} items in {days:,.1f} days."
            ),
        ),
    )


def judge(exam: "Exam", runs: Sequence[Path], console: "Console", journal: Path | None = None) -> "Report":
    """The report of the first baselines (of all, where their journal is given) and of these runs."""
    from shopwindow.evaluation.comparison import judged
    from shopwindow.evaluation.report import report_of
    from shopwindow.evaluation.rivals import all_baselines, baselines
    from shopwindow.evaluation.segments import segments

    entrants: list[Entrant] = []
    with console.status(f"{len(exam.requests):,} test requests: popularity") as status:
        rivals = (
            baselines(exam, time.monotonic, status.update)
            if journal is None
            else all_baselines(exam, time.monotonic, journal, status.update)
        )
        entrants.extend(replace(rival, peak_mib=peak_mib()) for rival in rivals)
        for path in runs:
            status.update(f"judging run {path.name}")
            from shopwindow.training.loop import load_run

            model = judged(exam, load_run(path, exam.dataset), time.monotonic, f"run {path.name}")
            entrants.append(replace(model, peak_mib=peak_mib()))
        status.update("intervals")
        masks = segments(exam.dataset, exam.requests, exam.split.train_end, exam.options)
        return report_of(entrants, masks, exam.split.spec, exam.options.seed)


def runs_and_split(
    shop_dir: "ShopDirectory", wanted: Sequence[str], *, leave_one_out: bool
) -> tuple[list[str], "SplitSpec"]:
    """The runs to judge and the split that they held out; without runs the default split.

    Raises:
        EvaluationError: a run does not exist, or the runs held out different requests.
    """
    from shopwindow.datasets.split import SplitSpec

    kind: Literal["temporal", "leave-one-out"] = "leave-one-out" if leave_one_out else "temporal"
    there = {path.parent.name: _split_of(path) for path in sorted(shop_dir.runs.glob("*/config.json"))}
    missing = [name for name in wanted if name not in there]
    if missing:
        raise EvaluationError(f"expected a run of {', '.join(there) or 'this shop'}, came {missing[0]!r}")
    fitting = {name: spec for name, spec in there.items() if spec.kind == kind}
    unfit = [name for name in wanted if name not in fitting]
    if unfit:
        raise EvaluationError(
            f"run {unfit[0]} was trained for a {there[unfit[0]].kind} split; choose that protocol, or train "
            f"with --split {kind}"
        )
    names = list(wanted) or list(fitting)
    specs = {fitting[name] for name in names}
    if len(specs) > 1:
        raise EvaluationError(f"runs {', '.join(names)} held out different requests: judge them one by one")
    return names, specs.pop() if specs else SplitSpec(kind=kind)


def peak_mib() -> float:
    """The most memory that this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _file_name(protocol: str, windows: int) -> str:
    if windows:
        return "backtest"
    return "evaluation" if protocol == "temporal" else f"evaluation-{protocol}"


def _split_of(config: Path) -> "SplitSpec":
    import json

    from shopwindow.datasets.split import SplitSpec

    return SplitSpec(**json.loads(config.read_text(encoding="utf-8"))["split"])
