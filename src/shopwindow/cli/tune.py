"""`shopwindow tune`: the best settings of every baseline, found with the same budget for each."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopwindow.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from shopwindow.baselines.space import Space
    from shopwindow.evaluation.blending import Blend
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.tuning import Tuned, TuningPlan


def register(app: typer.Typer) -> None:
    """Add `tune` to the command."""
    app.command("tune")(tune)


def tune(
    how: Annotated[
        Literal["tpe", "random", "grid"],
        typer.Option(
            help="tpe: learns from the trials before. random: does not. grid: a few points of everything."
        ),
    ] = "tpe",
    trials: Annotated[int, typer.Option(min=1, help="Settings to try of each baseline, at most.")] = 24,
    seconds: Annotated[
        float, typer.Option(min=0, help="Begin no trial of a baseline after so many seconds; 0: no limit.")
    ] = 0.0,
    requests: Annotated[int, typer.Option(min=1, help="Validation requests to judge a setting by.")] = 1000,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            help="This baseline; repeat for several. gru4rec, bert4rec, dnn, neumf and lightgcn take minutes for each "
            "setting and are tuned only when named.",
        ),
    ] = None,
    protocol: Annotated[
        Literal["temporal", "temporal-browse", "leave-one-out"],
        typer.Option(help="What is held out, as in `shopwindow evaluate`."),
    ] = "temporal",
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
) -> None:
    """Tune every baseline with the same budget, on validation requests only; the test stays untouched.

    Poor settings are given up early. What was tried is kept in tuning/ and a search that was stopped goes on where it
    was; a larger --trials goes on, too. The page reports/tuning.html shows the search.

    Example: shopwindow tune --shop my-shop --trials 12 --only ease --only v-sknn
    """
    from rich.console import Console

    from shopwindow.baselines.lineup import NEURAL, lineup, neural_lineup
    from shopwindow.config import ShopDirectory
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.datasets.split import SplitSpec
    from shopwindow.evaluation.comparison import exam_of
    from shopwindow.evaluation.rivals import timed
    from shopwindow.evaluation.tuning import TuningPlan, keep_plan
    from shopwindow.evaluation.tuning_page import tuning_page

    shop_dir, console = ShopDirectory(shop), Console()
    spec = SplitSpec(kind="leave-one-out" if protocol == "leave-one-out" else "temporal")
    exam = exam_of(load_dataset(shop_dir), spec, protocol, seed)
    plan = TuningPlan(how=how, trials=trials, seconds=seconds or float("inf"), requests=requests, seed=seed)
    neural = neural_lineup(seed) if set(only or []) & set(NEURAL) else ()
    spaces = _chosen([*lineup(exam.dataset, timed(exam), seed), *neural], only or [])
    journal = shop_dir.tuning / f"{protocol}.journal"
    keep_plan(plan, journal)
    found = _tried(spaces, exam, plan, journal, console)
    _print(found, console)
    blend = _blend(found, exam, plan, console)
    page = tuning_page(found, exam, plan, blend).write(shop_dir.reports / "tuning.html")
    console.print(f"written: {page}")


def _chosen(spaces: "Sequence[Space]", only: list[str]) -> "list[Space]":
    from shopwindow.baselines.lineup import NEURAL

    names = [space.name for space in spaces]
    unknown = [name for name in only if name not in names]
    if unknown:
        known = dict.fromkeys([*names, *NEURAL])
        raise EvaluationError(f"--only: expected one of {', '.join(known)}, came {unknown[0]!r}")
    return [space for space in spaces if not only or space.name in only]


def _tried(
    spaces: "Sequence[Space]", exam: "Exam", plan: "TuningPlan", journal: Path, console: "Console"
) -> "list[Tuned]":
    """All trials of all baselines, with a bar for each."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from shopwindow.evaluation.tuning import Tuned, tried

    columns = (
        TextColumn("{task.description:<20}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[best]}"),
    )  # fmt: skip
    found = []
    with Progress(*columns, console=console) as progress:
        for space in spaces:
            task = progress.add_task(space.name, total=plan.trials, best="")
            trials = []
            for trial in tried(space, exam, plan, time.monotonic, journal):
                trials.append(trial)
                best = max((each.value for each in trials if not each.pruned), default=0.0)
                progress.update(task, advance=1, best=f"NDCG@10 {best:.4f}")
            progress.update(task, total=len(trials))
            found.append(Tuned(space, tuple(trials)))
    return found


def _blend(found: "Sequence[Tuned]", exam: "Exam", plan: "TuningPlan", console: "Console") -> "Blend | None":
    """The hybrid of what was tuned, where there is more than one."""
    from shopwindow.evaluation.blending import blended

    if len(found) < 2:
        return None
    with console.status("weighing a hybrid"):
        blend = blended(found, exam, plan)
    pairs = sorted(zip(blend.hybrid.weights, blend.hybrid.parts, strict=True), key=lambda each: -each[0])
    words = " + ".join(f"{weight:.2f} {part.name}" for weight, part in pairs)
    console.print(f"hybrid: {words}: NDCG@10 {blend.value:.4f} (weights chosen on the same requests)")
    return blend


def _print(found: "Sequence[Tuned]", console: "Console") -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from shopwindow.evaluation.tuning_page import best_grid

    grid = best_grid(sorted(found, key=lambda each: -each.best.value))
    table = Table(title=grid.caption, title_justify="left", padding=(0, 1, 0, 0), box=SIMPLE)
    for heading in grid.headings:
        words = heading in ("baseline", "best setting")
        table.add_column(heading, justify="left" if words else "right", no_wrap=heading == "baseline")
    for row in grid.rows:
        table.add_row(*row)
    console.print(table)
