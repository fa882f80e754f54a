"""The multi-task ranker on real logs that have no pages, against trees on the very same lists.

`make bench NAME=ranker_logs`. Pages to learn from are made: what a shortlist (item-kNN, popularity, own items) puts forward
at the moment of each wanted action. In the test the ranker orders the shortlist of each request, as LambdaRank does; the
whole shop is ranked. LambdaRank's setting is the one that `baselines` chose on validation; the ranker's number of epochs is
chosen there, too, and it learns from what came before the validation period only.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.baselines import METRICS, Task, imported, in_own_process, kept, searched, tasks
from benchmarks.record import ROOT, Row, peak_mib, this_commit, write_results
from shopwindow.baselines.history import popularity
from shopwindow.baselines.lineup import lineup
from shopwindow.baselines.reranked import Reranked
from shopwindow.baselines.shortlist import shortlist
from shopwindow.datasets.recommender import Recommender
from shopwindow.evaluation.comparison import Exam, judged
from shopwindow.evaluation.protocol import Outcome
from shopwindow.evaluation.rivals import timed
from shopwindow.evaluation.significance import mean_interval, paired_difference
from shopwindow.training import presets
from shopwindow.training.page_split import made_page_split
from shopwindow.training.run import RankerRun
from shopwindow.training.train_ranker import train_ranker
from shopwindow.training.trained_ranker import TrainedRanker

SETS: Final = ("tmall-ali2014", "rees46-head")
TREES: Final = "gbt-lambdarank"
WORK: Final = ROOT / "benchmarks" / "work" / "ranker_logs"
PROTOCOL: Final = "temporal"


def ranker_run(model: str, seed: int) -> RankerRun:
    """The small preset; `ranker without live branch` lacks that branch."""
    run = replace(presets.small_ranker(), seed=seed, epochs=10, patience=3)
    return run if model == "ranker" else replace(run, model=replace(run.model, live=0))


def ranker(task: Task, exam: Exam, model: str, seed: int) -> TrainedRanker:
    """Trained on pages made from what came before the validation period."""
    lists = shortlist(exam.dataset, exam.split.train_end)
    pages = made_page_split(exam.dataset, exam.split, lists.candidates, seed)
    folder = WORK / "runs" / task.dataset / f"{model.replace(' ', '-')}-{seed}"
    return train_ranker(pages, ranker_run(model, seed), folder, (folder / "checkpoint.pt").exists())


def model_rows(task: Task, models: list[str], seeds: int) -> list[Row]:
    """All models on one log, and each minus the trees."""
    exam = task.exam()
    listed = shortlist(exam.dataset, exam.split.before_test)
    popular = popularity(exam.dataset, exam.split.before_test)
    found: dict[str, list[tuple[Outcome, float]]] = {}
    for model in (TREES, *models):
        for seed in range(seeds):
            start = time.process_time()
            fitted: Recommender
            if model == TREES:
                space = next(each for each in lineup(exam.dataset, timed(exam)) if each.name == TREES)
                best: Any = searched(task, exam, space).best.setting
                fitted = replace(best, seed=seed).fit(exam.dataset, exam.split.before_test)
            else:
                fitted = Reranked(ranker(task, exam, model, seed), listed, popular)
            outcome = judged(exam, fitted, time.process_time).outcome
            found.setdefault(model, []).append((outcome, time.process_time() - start))
            print(f"{task.dataset}: {model}, seed {seed}: ndcg@10 {outcome.mean('ndcg@10'):.4f}", flush=True)
    return list(_rows(task, found))


def _rows(task: Task, found: dict[str, list[tuple[Outcome, float]]]) -> Iterator[Row]:
    trees = [outcome for outcome, _ in found[TREES]]
    for model, outcomes in found.items():
        common = Row(
            dataset=task.dataset, protocol=PROTOCOL, model=model, metric="", value=0.0, command=task.command,
            seconds=float(np.mean([seconds for _, seconds in outcomes])), peak_mib=peak_mib(),
            commit=this_commit(), note=f"mean of {len(outcomes)} seeds",
        )  # fmt: skip
        for metric in METRICS[PROTOCOL]:
            values = np.mean([outcome.values[metric] for outcome, _ in outcomes], axis=0)
            customer = outcomes[0][0].customer
            mean = mean_interval(values, customer)
            yield replace(common, metric=metric, value=mean.value, low=mean.low, high=mean.high, n=mean.n)
            if model != TREES:
                theirs = np.mean([outcome.values[metric] for outcome in trees], axis=0)
                minus = paired_difference(values, theirs, customer)
                yield replace(
                    common, metric=f"{metric} minus {TREES}", value=minus.value, low=minus.low, high=minus.high, n=minus.n
                )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public logs")
    parser.add_argument("--only", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--models", nargs="+", default=["ranker", "ranker without live branch"])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    for task in tasks(options.data, trials=12, seeds=3):
        if task.dataset in options.only and task.protocol == PROTOCOL:
            in_own_process(imported, task)
            name = "-".join([*options.models, str(options.seeds)]).replace(" ", "-")
            rows = kept(
                WORK / "done" / task.dataset / f"{name}.json", model_rows, task, options.models, options.seeds
            )
            write_results("ranker_logs", rows, keep=True)


if __name__ == "__main__":
    main()
