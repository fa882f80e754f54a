"""`shopwindow evaluate` over one test period: baselines and runs on the same held-out requests."""

import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.cli.evaluate_asked import Asked
    from shopwindow.datasets.recommender import Recommender
    from shopwindow.document import Document
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.report import Entrant, Report

Rivals = Literal["first", "all", "neural"]


def requests_report(
    ask: "Asked", names: Sequence[str], console: "Console", rivals: Rivals = "first"
) -> tuple["Report", "Document"]:
    """The report and the page of one test period, beside these baselines."""
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.evaluation.page import data_section, page_of

    dataset = load_dataset(ask.shop_dir)
    exam, runs = ask.exam(dataset, ask.spec), [ask.shop_dir.runs / name for name in names]
    journal = ask.shop_dir.tuning / f"{ask.protocol}.journal" if rivals != "first" else None
    report = judge(exam, runs, console, journal, neural=rivals == "neural")
    return report, page_of(report, f"Evaluation of {dataset.shop.name}", [data_section(dataset)])


def judge(
    exam: "Exam", runs: Sequence[Path], console: "Console", journal: Path | None = None, neural: bool = False
) -> "Report":
    """The report of the first baselines (of all, where their journal is given; neural: those, too) and of these runs."""
    from shopwindow.evaluation.comparison import judged
    from shopwindow.evaluation.report import report_of
    from shopwindow.evaluation.rivals import all_baselines, baselines
    from shopwindow.evaluation.segments import segments

    entrants: list[Entrant] = []
    with console.status(f"{len(exam.requests):,} test requests: popularity") as status:
        rivals = (
            baselines(exam, time.monotonic, status.update)
            if journal is None
            else all_baselines(exam, time.monotonic, journal, status.update, neural)
        )
        entrants.extend(replace(rival, peak_mib=peak_mib()) for rival in rivals)
        for path in runs:
            status.update(f"judging run {path.name}")
            model = judged(exam, _run(path, exam), time.monotonic, f"run {path.name}")
            entrants.append(replace(model, peak_mib=peak_mib()))
        status.update("intervals")
        masks = segments(exam.dataset, exam.requests, exam.split.train_end, exam.options)
        return report_of(entrants, masks, exam.split.spec, exam.options.seed)


def _run(path: Path, exam: "Exam") -> "Recommender":
    """A two-tower as it is; a ranker that learned from made pages where it orders what a shortlist puts forward."""
    from shopwindow.training.kinds import RANKER, run_kind

    if run_kind(path / "config.json") != RANKER:
        from shopwindow.training.train_two_tower import load_run

        return load_run(path, exam.dataset)
    from shopwindow.baselines.history import popularity
    from shopwindow.baselines.reranked import Reranked
    from shopwindow.baselines.shortlist import shortlist
    from shopwindow.training.train_ranker import load_ranker

    before = exam.split.before_test
    return Reranked(
        order=load_ranker(path, exam.dataset),
        shortlist=shortlist(exam.dataset, before),
        popular=popularity(exam.dataset, before),
    )


def peak_mib() -> float:
    """The most memory that this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
