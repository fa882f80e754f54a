"""What the position branch gives back of what position bias takes, on simulated shops.

`make bench NAME=position_debias`. One world after another, three logs of each: pages in the shop's own order (biased), the
same with two places drawn on every page (of 24: 8 %, half of which stay), and with all places drawn (unbiased). Rankers
learn from each, for a fixed number of epochs and without live features, whose counts are biased themselves; all are asked
for the order of the same pages, the last days of the biased log, whose places were drawn. Recovered: the share of what
unbiased pages gain over biased ones without the branch that biased pages with the branch gain, too.
"""

import argparse
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.ranker_exam import PageExam, list_exam, logged_exam
from benchmarks.record import Row, command_line, peak_mib, this_commit, write_results
from benchmarks.simulated_shop import WORK, simulated_shop
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.datasets.pages import LoggedPages, logged_pages, read_page_tables
from shopwindow.datasets.split import SplitSpec
from shopwindow.evaluation import exposure
from shopwindow.evaluation.metrics import Values
from shopwindow.evaluation.significance import bootstrap_means, interval_of, mean_interval, paired_difference
from shopwindow.schema.arrays import Float
from shopwindow.simulation.life import Shop
from shopwindow.simulation.reordered import Reordered
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.training import presets
from shopwindow.training.page_split import PageSplit, page_split
from shopwindow.training.run import RankerRun
from shopwindow.training.train_ranker import load_ranker, train_ranker

SEEDS: Final = (21, 22, 23)
VALID_DAY, TEST_DAY, DAYS = 36, 40, 45
LOGS: Final = {"biased": 0.0, "swapped": 0.05, "unbiased": 1.0}
"""Share of the places that are drawn before the test."""
MODELS: Final = {
    "biased, no branch": ("biased", False),
    "biased, branch": ("biased", True),
    "two places drawn, branch": ("swapped", True),
    "unbiased, no branch": ("unbiased", False),
}
WORST, BEST = "biased, no branch", "unbiased, no branch"
DATASET: Final = "simulated shops, version 1"
MOST: Final = 20_000
LISTS: Final = 2_000
FOLDER: Final = WORK / "position_debias"
METRICS: Final = ("ndcg@6", "ndcg@84", "auc")
SHOWN: Final = 6


@dataclass(frozen=True, kw_only=True)
class Task:
    """One model of one world."""

    seed: int
    model: str

    @property
    def done(self) -> Path:
        return FOLDER / "done" / f"{self.model.replace(' ', '-').replace(',', '')}-{self.seed}.npz"

    @property
    def run_folder(self) -> Path:
        return FOLDER / "runs" / self.done.stem


def shop_of(log: str, seed: int) -> ShopDirectory:
    """The shop of a world with this kind of log."""
    spec = WorldSpec(seed=seed, customers=3_000, days=DAYS)

    def changed(shop: Shop) -> Shop:
        return Reordered(inner=shop, share=LOGS[log], from_day=TEST_DAY, rng=np.random.default_rng(seed))

    return simulated_shop(f"position-{log}-{seed}", spec, changed)


def split_of(seed: int) -> SplitSpec:
    start_ms = WorldSpec(seed=seed).start_ms
    return SplitSpec(valid_from_ms=start_ms + VALID_DAY * DAY_MS, test_from_ms=start_ms + TEST_DAY * DAY_MS)


def pages_of(log: str, seed: int) -> tuple[PageSplit, LoggedPages]:
    """The pages to learn from, and all of them."""
    shop_dir = shop_of(log, seed)
    dataset, tables = load_dataset(shop_dir), read_page_tables(shop_dir)
    return page_split(dataset, tables, split_of(seed)), logged_pages(dataset, tables)[1]


def ranker_run(branch: bool, seed: int) -> RankerRun:
    run = replace(presets.small_ranker(), seed=seed, epochs=4, learning_rate=2e-3)
    return replace(run, model=replace(run.model, position=branch, live=0))


def judged(task: Task) -> None:
    """Train on one log, order the pages of the biased one's last days."""
    start = time.process_time()
    log, branch = MODELS[task.model]
    pages, _ = pages_of(log, task.seed)
    pages = replace(
        pages, valid=pages.valid.take(np.zeros(0, dtype=np.int64))
    )  # biased as well: not to choose by
    train_ranker(
        pages, ranker_run(branch, task.seed), task.run_folder, (task.run_folder / "checkpoint.pt").exists()
    )
    asked, everything = pages_of("biased", task.seed)
    model = load_ranker(task.run_folder, asked.dataset, asked.exposures)
    exam = logged_exam(asked.dataset, everything, asked.split, MOST)
    lists = list_exam(asked.dataset, everything, asked.split, LISTS)
    kept: dict[str, Any] = exam.values(model.page_order(exam.pages))
    kept |= exposed(lists, model.page_order(lists.pages))
    kept |= {
        "customer": exam.pages.requests.customer,
        "seconds": time.process_time() - start,
        "peak_mib": peak_mib(),
    }
    task.done.parent.mkdir(parents=True, exist_ok=True)
    np.savez(task.done.with_suffix(".part.npz"), **kept)
    task.done.with_suffix(".part.npz").rename(task.done)


def exposed(exam: PageExam, score: Float) -> dict[str, float]:
    """How the first places of whole lists are spread over the catalogue."""
    pages = exam.pages
    order = np.lexsort((-score, pages.page()))
    first = replace(pages, row=pages.row[order]).by_page()[:, :SHOWN]
    shown = exposure.exposure(first, exam.dataset.num_items)
    counts = exam.dataset.item_counts(
        exam.dataset.wanted() & (np.asarray(exam.dataset.columns.at_ms) < pages.requests.at_ms.min())
    )
    return {
        f"effective items@{SHOWN}": exposure.effective_size(shown),
        f"long-tail share@{SHOWN}": exposure.tail_share(shown, counts),
    }


def report(worlds: Sequence[int]) -> Iterator[Row]:
    """Means over the worlds, and the share recovered, with intervals over customers."""
    runs = {model: [dict(np.load(Task(seed=seed, model=model).done)) for seed in worlds] for model in MODELS}
    customer = np.concatenate(
        [run["customer"] + number * 1_000_000 for number, run in enumerate(runs[WORST])]
    ).astype(np.int32)
    common = Row(
        dataset=DATASET, protocol="pages with drawn places", model="", metric="", value=0.0,
        command=command_line(), commit=this_commit(), note=f"worlds {', '.join(map(str, worlds))}",
    )  # fmt: skip
    for model, found in runs.items():
        row = replace(
            common, model=model, seconds=float(np.mean([run["seconds"] for run in found])),
            peak_mib=float(max(run["peak_mib"] for run in found)),
        )  # fmt: skip
        for metric in METRICS:
            mean = mean_interval(_all(found, metric), customer)
            yield replace(row, metric=metric, value=mean.value, low=mean.low, high=mean.high, n=mean.n)
        if model != WORST:
            for metric in METRICS:
                minus = paired_difference(_all(found, metric), _all(runs[WORST], metric), customer)
                yield replace(
                    row, metric=f"{metric} minus {WORST}", value=minus.value, low=minus.low, high=minus.high, n=minus.n
                )  # fmt: skip
        for metric in (f"effective items@{SHOWN}", f"long-tail share@{SHOWN}"):
            yield replace(row, metric=metric, value=float(np.mean([run[metric] for run in found])))
    for model in MODELS:
        if model not in (WORST, BEST):
            for metric in METRICS:
                three = np.stack([_all(runs[name], metric) for name in (WORST, model, BEST)], axis=1)
                draws = bootstrap_means(three, customer, seed=0)
                means = np.nanmean(three, axis=0)
                share = _recovered(means[None])[0]
                found = interval_of(float(share), _recovered(draws), len(three))
                yield replace(
                    common, model=model, metric=f"{metric} recovered", value=found.value, low=found.low,
                    high=found.high, n=found.n,
                )  # fmt: skip


def _recovered(means: Values) -> Values:
    """[n, 3] worst, model, best -> [n]."""
    share: Values = (means[:, 1] - means[:, 0]) / (means[:, 2] - means[:, 0])
    return share


def _all(runs: list[dict[str, Any]], metric: str) -> Values:
    return np.concatenate([run[metric] for run in runs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="not needed: the shops are simulated")
    parser.add_argument("--worlds", type=int, nargs="+", choices=SEEDS, default=list(SEEDS))
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    for seed in options.worlds:
        for model in MODELS:
            task = Task(seed=seed, model=model)
            if not task.done.exists():
                with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
                    process.submit(judged, task).result()
                print(
                    f"world {seed}, {model}: ndcg@6 {np.nanmean(np.load(task.done)['ndcg@6']):.4f}",
                    flush=True,
                )
    write_results("position_debias", list(report(options.worlds)))


if __name__ == "__main__":
    main()
