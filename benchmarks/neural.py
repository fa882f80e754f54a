"""The neural baselines (GRU4Rec, BERT4Rec, DNN, NeuMF, LightGCN) under the exams of `benchmarks/baselines.py`.

`make bench NAME=neural ARGS="--only ml-100k ml-1m"`; nothing is chosen unless `--trials 12` asks for the same search as
the other baselines had, which takes hours. How long a fit runs is chosen within it, before the test and the validation.
Each fit has a process of its own and a file in benchmarks/work/baselines: what was stopped goes on where it was.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.baselines import (
    ORDERED,
    TIMED,
    Chosen,
    Task,
    imported,
    in_own_process,
    kept,
    rows_of,
    searched,
    tasks,
)
from benchmarks.record import Row, this_commit, write_results
from shopwindow.baselines.lineup import NEURAL, neural_lineup
from shopwindow.evaluation.tuning_page import words

PROTOCOLS = ("leave-one-out", "temporal")


def chosen(task: Task, model: str) -> Chosen:
    """The first setting of the model, or with trials the best one that the search finds."""
    space = next(each for each in neural_lineup() if each.name == model)
    if not task.trials:
        return Chosen(space.starts[0], 0.0, "first setting, not tuned")
    tuned = searched(task, task.exam(), space)
    return Chosen(tuned.best.setting, tuned.seconds, f"{words(tuned.best)}; best of {tuned.num_settings}")


def fit_rows(task: Task, found: Chosen, seed: int) -> list[Row]:
    """Fit with this seed on all that came before the test, judge on the whole test."""
    changed: Any = found.setting
    return list(rows_of(task, task.exam(), replace(found, setting=replace(changed, seed=seed))))


def run(task: Task, models: list[str], seeds: list[int]) -> list[Row]:
    in_own_process(imported, task)
    rows: list[Row] = []
    for model in models:
        found = in_own_process(chosen, task, model)
        for seed in seeds:
            done = task.done(f"{model}-{seed}")
            rows += kept(done, fit_rows, task, found, seed)
            print(
                f"{task.dataset}, {task.protocol}: {model} {rows[-3].metric} {rows[-3].value:.4f}", flush=True
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public logs")
    parser.add_argument("--only", nargs="+", choices=(*ORDERED, *TIMED), default=["ml-100k", "ml-1m"])
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=["leave-one-out"])
    parser.add_argument("--models", nargs="+", choices=NEURAL, default=list(NEURAL))
    parser.add_argument("--trials", type=int, default=0, help="settings tried of each; 0: the first one")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="a fit for each")
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    for task in tasks(options.data, options.trials, seeds=1):
        if task.dataset in options.only and task.protocol in options.protocols:
            write_results("neural", run(task, options.models, options.seeds), keep=True)


if __name__ == "__main__":
    main()
