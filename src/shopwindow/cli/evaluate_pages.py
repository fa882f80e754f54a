"""`shopwindow evaluate --protocol replay`: the pages that the shop has served, its order against ours."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.cli.evaluate_asked import Asked
    from shopwindow.datasets.dataset import Dataset
    from shopwindow.datasets.recommender import Recommender
    from shopwindow.document import Document, Section
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.report import Report
    from shopwindow.features.windowed.events import CountedEvents
    from shopwindow.training.trained import TrainedTwoTower
    from shopwindow.training.trained_ranker import TrainedRanker


def pages_report(
    ask: "Asked", names: Sequence[str], console: "Console"
) -> tuple["Report | None", "Document"]:
    """The report and the page of the logged pages of the test period.

    Pages of one item each have no order, so there is no report; propensities alone can speak then.
    """
    from shopwindow.cli.evaluate_requests import peak_mib
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.datasets.exposures import exposures_of
    from shopwindow.datasets.pages import logged_pages, read_page_tables
    from shopwindow.document import Document
    from shopwindow.evaluation.comparison import exam_of
    from shopwindow.evaluation.head_report import head_calibration, heads_section
    from shopwindow.evaluation.order_report import (
        OrderExam,
        entrant_of,
        off_policy_section,
        orders,
        page_by_page,
    )
    from shopwindow.evaluation.page import MEANS, data_section, page_of
    from shopwindow.evaluation.report import report_of
    from shopwindow.training.trained_ranker import TrainedRanker

    tables = read_page_tables(ask.shop_dir)
    dataset, pages = logged_pages(load_dataset(ask.shop_dir), tables)
    exam = exam_of(dataset, ask.spec, "temporal", ask.seed)
    order = OrderExam.of(exam, pages, ask.requests)
    title = f"Your order against others: {dataset.shop.name}"
    models: list[Recommender] = []
    heads: list[Section] = []
    entrants, start = orders(order), time.monotonic()
    with console.status(f"{len(order.telling):,} pages") as status:
        shown = exposures_of(tables, dataset.shop) if names else ()
        for model, settings in _models(ask, names, exam, shown, status.update):
            if isinstance(model, TrainedRanker):
                heads.append(heads_section(order, model.name, model.heads, order.judged(model.as_if_first)))
                heads += head_calibration(order, model.heads, model.at_places(order.pages))
            else:
                models.append(model)
            if entrants:
                found = entrant_of(order, model, settings)
                entrants.append(replace(found, seconds=time.monotonic() - start, peak_mib=peak_mib()))
            start = time.monotonic()
        status.update("off-policy estimates")
        sections = (off_policy_section(order, models), data_section(dataset))
        if not entrants:
            return None, Document(title=title, lead=MEANS["replay"], sections=sections)
        report = report_of(entrants, order.surfaces(), ask.spec, ask.seed)
    return report, page_of(report, title, [page_by_page(report), *heads, *sections])


def _models(
    ask: "Asked",
    names: Sequence[str],
    exam: "Exam",
    shown: tuple["CountedEvents", ...],
    note: Callable[[str], None],
) -> Iterator[tuple["Recommender | TrainedRanker", str]]:
    """Baselines tuned on validation requests and fitted before the test, then the runs."""
    from shopwindow.baselines.lineup import first_lineup
    from shopwindow.evaluation.rivals import tuned
    from shopwindow.evaluation.tuning import TuningPlan

    for space in first_lineup(exam.dataset, timed=True):
        note(f"tuning {space.name}")
        found = tuned(space, exam, TuningPlan(seed=ask.seed), time.monotonic)
        setting = found.best.setting
        yield setting.fit(exam.dataset, exam.split.before_test), str(setting)
    for name in names:
        note(f"run {name}")
        yield _run(ask.shop_dir.runs / name, exam.dataset, shown), f"run {name}"


def _run(
    path: Path, dataset: "Dataset", shown: tuple["CountedEvents", ...]
) -> "TrainedTwoTower | TrainedRanker":
    from shopwindow.training.kinds import RANKER, run_kind
    from shopwindow.training.train_ranker import load_ranker
    from shopwindow.training.train_two_tower import load_run

    if run_kind(path / "config.json") == RANKER:
        return load_ranker(path, dataset, shown)
    return load_run(path, dataset)
