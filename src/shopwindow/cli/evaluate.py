"""`shopwindow evaluate`: baselines and trained runs on the same held-out requests."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopwindow.errors import EvaluationError

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.datasets.split import SplitSpec
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.report import Entrant, Report


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
        Literal["temporal", "temporal-browse", "leave-one-out"],
        typer.Option(
            help="temporal: requests of the last days, the whole shop. temporal-browse: within the category asked for. "
            "leave-one-out: each customer's last action, as papers report."
        ),
    ] = "temporal",
    requests: Annotated[
        int, typer.Option(min=0, help="Judge by a random choice of so many test requests; 0: by all.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the tie order and of the bootstrap.")] = 0,
    json: Annotated[Path | None, typer.Option("--json", help="Write everything here as JSON, too.")] = None,
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
) -> None:
    """Compare popularity, item-kNN and trained runs: NDCG, recall and more, with intervals, differences, segments.

    Baselines choose their settings on validation requests; the test requests are only asked once. A run is judged on
    the period that it held out itself.

    Example: shopwindow evaluate --shop my-shop --run small --json report.json
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.evaluation.comparison import exam_of
    from shopwindow.evaluation.report import write_json
    from shopwindow.evaluation.table import tables

    shop_dir, console = ShopDirectory(shop), Console()
    names, spec = runs_and_split(shop_dir, run or [], leave_one_out=protocol == "leave-one-out")
    exam = exam_of(load_dataset(shop_dir), spec, protocol, seed)
    exam = exam.at_most(requests) if requests else exam
    report = judge(exam, [shop_dir.runs / name for name in names], console)
    for table in tables(report):
        console.print(table)
    if not names:
        console.print(f"no run to judge yet: shopwindow train --shop {shop}")
    if json is not None:
        write_json(report, json)
        console.print(f"written: {json}")


def judge(exam: "Exam", runs: Sequence[Path], console: "Console") -> "Report":
    """The report of the baselines and of these runs."""
    from shopwindow.evaluation.comparison import judged
    from shopwindow.evaluation.report import report_of
    from shopwindow.evaluation.rivals import baselines
    from shopwindow.evaluation.segments import segments

    entrants: list[Entrant] = []
    with console.status(f"{len(exam.requests):,} test requests: popularity") as status:
        entrants.extend(baselines(exam, time.monotonic, status.update))
        for path in runs:
            status.update(f"judging run {path.name}")
            from shopwindow.training.loop import load_run

            entrants.append(judged(exam, load_run(path, exam.dataset), time.monotonic))
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


def _split_of(config: Path) -> "SplitSpec":
    import json

    from shopwindow.datasets.split import SplitSpec

    return SplitSpec(**json.loads(config.read_text(encoding="utf-8"))["split"])
