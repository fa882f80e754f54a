"""The multi-task ranker against its rivals, and without each of its parts, on pages of a simulated shop.

`make bench NAME=ranker` does them all; ARGS="--models ranker page-gbt --seeds 1" some. Each fit has a process of its own and
a file in benchmarks/work/ranker: a benchmark that was stopped goes on where it was. Two exams: the logged pages of the last
days, judged by what came into view; and, for the same moments, whole lists of a category.
"""

import argparse
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.ranker_exam import STRONG, PageExam, list_exam, logged_exam
from benchmarks.record import ROOT, Row, command_line, peak_mib, this_commit, write_results
from benchmarks.simulated_shop import figures, simulated_shop
from shopwindow.baselines.item_knn import ItemKnn
from shopwindow.baselines.pages.bst import Bst
from shopwindow.baselines.pages.dnn import PlainDnn
from shopwindow.baselines.pages.gbt import PageGbt
from shopwindow.baselines.pages.rival import PageRival
from shopwindow.baselines.pages.wdl_att import WdlAtt
from shopwindow.baselines.popularity import Popularity, RecentPopularity
from shopwindow.datasets.dataset import load_dataset
from shopwindow.datasets.page_examples import head_gains
from shopwindow.datasets.pages import LoggedPages, logged_pages, read_page_tables
from shopwindow.datasets.recommender import PageOrder, Recommender
from shopwindow.datasets.split import SplitSpec
from shopwindow.evaluation.calibration import calibration
from shopwindow.evaluation.metrics import Values
from shopwindow.evaluation.page_order import order_of, random_order, your_order
from shopwindow.evaluation.significance import mean_interval, paired_difference
from shopwindow.models.ranker import RankerConfig
from shopwindow.schema.arrays import Float
from shopwindow.simulation.spec import WorldSpec
from shopwindow.training import presets
from shopwindow.training.page_split import PageSplit, page_split
from shopwindow.training.run import RankerRun
from shopwindow.training.train_ranker import train_ranker
from shopwindow.training.trained_ranker import TrainedRanker

WORK: Final = ROOT / "benchmarks" / "work" / "ranker"
SHOP: Final = "ranker-shop"
SPEC: Final = WorldSpec(seed=11, customers=8_000)
DATASET: Final = "simulated shop, version 1, seed 11"
MOST: Final = {"logged": 20_000, "lists": 6_000}  # test pages of each exam
OURS: Final = "ranker"
SHOWN: Final = (
    "ndcg@6 wishlist+cart", "ndcg@84 wishlist+cart", "ndcg@6", "ndcg@84", "auc", "precision@6",
    "new-item recall@6", "new-item recall@84", "brand run@6", "brand run@84",
)  # fmt: skip
NETS: Final[dict[str, Any]] = {"last": 50, "epochs": 8, "patience": 2, "learning_rate": 2e-3}
"""What the nets and the ranker have in common; nothing else was chosen on this shop for any of them."""
SIMPLE: Final[dict[str, Callable[[], Any]]] = {
    "popularity": Popularity,
    "popularity-category": lambda: Popularity(by_category=True),
    "popularity-recent": lambda: RecentPopularity(window_ms=7 * 86_400_000),
    "item-knn": lambda: ItemKnn(neighbours=100, last=20, decay=0.8),
}
RIVALS: Final[dict[str, Callable[[int], PageRival]]] = {
    "page-gbt": lambda seed: PageGbt(seed=seed, most_pages=10**9),
    "page-dnn": lambda seed: PlainDnn(seed=seed, **NETS),
    "wdl-att": lambda seed: WdlAtt(seed=seed, **NETS),
    "bst": lambda seed: Bst(seed=seed, **NETS),
}
WITHOUT: Final[dict[str, Callable[[RankerConfig], RankerConfig]]] = {
    "history": lambda model: replace(model, history=False),
    "content and metadata": lambda model: replace(
        model, items=replace(model.items, content=False, metadata=False)
    ),
    "context in encoder": lambda model: replace(model, context="late"),
    "item id": lambda model: replace(model, items=replace(model.items, ids=False)),
    "all context": lambda model: replace(model, context="none"),
    "content": lambda model: replace(model, items=replace(model.items, content=False)),
    "metadata": lambda model: replace(model, items=replace(model.items, metadata=False)),
    "candidates in context": lambda model: replace(model, candidates="none"),
    "live branch": lambda model: replace(model, live=0),
    "agreement": lambda model: replace(model, agreement=False),
}
"""What the reference's table of ablations leaves out, in its order; then our live branch, and what else it reads."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One model with one seed."""

    model: str
    seed: int

    @property
    def done(self) -> Path:
        return WORK / "done" / f"{self.model.replace(' ', '-')}-{self.seed}.npz"

    @property
    def run_folder(self) -> Path:
        return WORK / "runs" / f"{self.model.replace(' ', '-')}-{self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """The shop's pages, split, and what is asked."""

    pages: PageSplit
    exams: tuple[PageExam, ...]
    late: LoggedPages


@cache
def opened() -> Shop:
    """Once in each process."""
    shop_dir = simulated_shop(SHOP, SPEC)
    dataset, tables = load_dataset(shop_dir), read_page_tables(shop_dir)
    pages = page_split(dataset, tables, SplitSpec())
    _, everything = logged_pages(dataset, tables)
    known = (pages.dataset, everything, pages.split)
    exams = (logged_exam(*known, most=MOST["logged"]), list_exam(*known, most=MOST["lists"]))
    late = everything.where(everything.requests.at_ms >= pages.split.test.at_ms.min())
    return Shop(pages, exams, late)


def ranker_run(model: str, seed: int) -> RankerRun:
    """The small preset, with what the name says left out."""
    run = replace(
        presets.small_ranker(), seed=seed, epochs=NETS["epochs"], patience=NETS["patience"],
        learning_rate=NETS["learning_rate"],
    )  # fmt: skip
    if model == OURS:
        return run
    return replace(run, model=WITHOUT[model.removeprefix(f"{OURS} without ")](run.model))


def fitted(task: Task, shop: Shop) -> Recommender | PageOrder:
    """The model, trained on what came before the validation pages."""
    if task.model in SIMPLE:
        setting = SIMPLE[task.model]()
        found: Recommender = setting.fit(shop.pages.dataset, shop.pages.split.train_end)
        return found
    if task.model in RIVALS:
        shutil.rmtree(task.run_folder, ignore_errors=True)
        return RIVALS[task.model](task.seed).fit(shop.pages, task.run_folder)
    resume = (task.run_folder / "checkpoint.pt").exists()
    return train_ranker(shop.pages, ranker_run(task.model, task.seed), task.run_folder, resume)


def judged(task: Task) -> None:
    """Fit, ask everything, keep the answers."""
    shop, start = opened(), time.process_time()
    ready_mib = peak_mib()
    kept: dict[str, Any] = {}
    if task.model in ("your order", "random order"):
        score = your_order if task.model == "your order" else lambda pages: random_order(pages, task.seed)
        kept |= answers(shop.exams[:1], score)
    else:
        model = fitted(task, shop)
        kept["fit_s"] = time.process_time() - start
        if isinstance(model, TrainedRanker):
            kept |= answers(shop.exams, model.page_order)
            if task.model == OURS:
                plain = replace(model, calibrations=())
                kept |= answers(shop.exams, plain.page_order, "plain ")
                kept |= answers(shop.exams, lambda pages: strong_value(model, pages), "weighted ")
                kept |= heads(model, shop.late)
        else:
            kept |= answers(shop.exams, lambda pages: order_of(model, shop.pages.dataset, pages))
    kept |= {"seconds": time.process_time() - start, "peak_mib": peak_mib(), "ready_mib": ready_mib}
    task.done.parent.mkdir(parents=True, exist_ok=True)
    np.savez(task.done.with_suffix(".part.npz"), **kept)
    task.done.with_suffix(".part.npz").rename(task.done)


def answers(
    exams: tuple[PageExam, ...], score: Callable[[LoggedPages], Float], of: str = ""
) -> dict[str, Values]:
    """Keys `exam|metric` -> one value per page."""
    return {
        f"{of}{exam.name}|{metric}": values
        for exam in exams
        for metric, values in exam.values(score(exam.pages)).items()
    }


def strong_value(model: TrainedRanker, pages: LoggedPages) -> Float:
    """[I] by the heads of wishlist and cart alone: what weights at request time can ask for."""
    weights = np.array([name in STRONG for name in model.heads], dtype=np.float32)
    value: Float = model.as_if_first(pages) @ (weights * head_gains(model.dataset, model.run.plan))
    return np.where(pages.row >= 0, value, np.float32(-1.0))


def heads(model: TrainedRanker, late: LoggedPages) -> dict[str, float]:
    """Calibration of each head on all pages of the test period, at the places where the items stood."""
    known, names = late.row >= 0, model.dataset.shop.action_names
    p, found = model.at_places(late)[known], {}
    for head, name in enumerate(model.heads):
        outcome = late.acted[known, names.index(name)].astype(np.float64)
        figures = calibration(name, p[:, head].astype(np.float64), outcome)
        for metric in ("slope", "ece_relative", "normalised_entropy", "base_rate"):
            found[f"head|{name}|{metric}"] = getattr(figures, metric)
    return found


def rows_of(
    model: str, seeds: list[int], customer: dict[str, Any], reference: dict[str, Any]
) -> Iterator[Row]:
    """The mean of the seeds page by page, with its interval over customers, and minus the ranker where it is another."""
    runs = [dict(np.load(Task(model=model, seed=seed).done)) for seed in seeds]
    common = Row(
        dataset=DATASET, protocol="", model=model, metric="", value=0.0, command=command_line(),
        seconds=float(np.mean([run["seconds"] for run in runs])),
        peak_mib=float(max(run["peak_mib"] for run in runs)), commit=this_commit(),
        note=f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''}, not tuned",
    )  # fmt: skip
    for prefix, words in (
        ("", ""), ("plain ", ", not calibrated"), ("weighted ", ", weights of wishlist+cart alone"),
    ):  # fmt: skip
        name = f"{model}{words}"
        for exam in ("logged pages", "category lists"):
            for metric in SHOWN:
                key = f"{prefix}{exam}|{metric}"
                if key not in runs[0]:
                    continue
                values = np.mean([run[key] for run in runs], axis=0)
                found = mean_interval(values, customer[exam])
                row = replace(common, protocol=exam, model=name)
                yield replace(
                    row, metric=metric, value=found.value, low=found.low, high=found.high, n=found.n
                )
                if key in reference and name != OURS:
                    minus = paired_difference(values, reference[key.removeprefix(prefix)], customer[exam])
                    yield replace(
                        row, metric=f"{metric} minus {OURS}", value=minus.value, low=minus.low, high=minus.high,
                        n=minus.n,
                    )  # fmt: skip
    for key in sorted(runs[0]):
        if key.startswith("head|"):
            _, head, metric = key.split("|")
            value = float(np.mean([run[key] for run in runs]))
            yield replace(common, protocol=f"calibration, {head}", metric=metric, value=value)


def in_own_process(task: Task) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        process.submit(judged, task).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="not needed: the shop is simulated")
    without = [f"{OURS} without {part}" for part in WITHOUT]
    everything = ["random order", "your order", *SIMPLE, OURS, *RIVALS, *without]
    parser.add_argument("--models", nargs="+", choices=everything, default=everything)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    simulated_shop(SHOP, SPEC)
    actions, pages, events = figures(SHOP)
    print(f"{actions:,} actions, {pages:,} pages, {events:,} events in all")
    for seed in range(options.seeds):
        for model in options.models:
            task = Task(model=model, seed=seed)
            random = model not in (*SIMPLE, "your order")
            if (seed == 0 or random) and not task.done.exists():
                in_own_process(task)
                print(f"{model}, seed {seed}: done", flush=True)
    report(everything)


def report(models: list[str]) -> None:
    """Rows of everything that is done."""
    done = {
        model: [seed for seed in range(10) if Task(model=model, seed=seed).done.exists()] for model in models
    }
    shop = opened()
    customer = {exam.name: exam.pages.requests.customer for exam in shop.exams}
    reference: dict[str, Any] = {}
    if done[OURS]:
        runs = [dict(np.load(Task(model=OURS, seed=seed).done)) for seed in done[OURS]]
        reference = {
            key: np.mean([run[key] for run in runs], axis=0)
            for key in runs[0]
            if "pages|" in key or "lists|" in key
        }
    rows = [
        row for model, seeds in done.items() if seeds for row in rows_of(model, seeds, customer, reference)
    ]
    write_results("ranker", rows)


if __name__ == "__main__":
    main()
