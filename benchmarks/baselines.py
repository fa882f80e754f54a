"""Every baseline on every public log that allows it, tuned with the same budget: the table that a model has to beat.

`make bench NAME=baselines` does them all; ARGS="--only rees46-head ml-100k --models ease v-sknn --trials 24 --seeds 1" some.
Settings are chosen on validation requests, fitted again on all that came before the test, and judged on the whole test.
Each pair of a log and a model has a process of its own, so that peak memory is its own, and a file in
benchmarks/work/baselines: a benchmark that was stopped goes on where it was. Seconds are processor seconds, all threads
together: the hours that this takes are rarely quiet ones.
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gsasrec import gsasrec_split
from benchmarks.record import ROOT, Row, command_line, peak_mib, this_commit, write_results
from benchmarks.sessions import published_lists, session_exam
from shopwindow.baselines.baseline import Baseline
from shopwindow.baselines.lineup import lineup
from shopwindow.baselines.space import Space
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset, load_dataset
from shopwindow.datasets.split import SplitSpec
from shopwindow.evaluation.blending import blended
from shopwindow.evaluation.comparison import Exam, exam_of, judged
from shopwindow.evaluation.protocol import EvaluationOptions, Outcome
from shopwindow.evaluation.rivals import timed
from shopwindow.evaluation.significance import mean_interval
from shopwindow.evaluation.tuning import Tuned, TuningPlan, tried
from shopwindow.evaluation.tuning_page import words
from shopwindow.ingest.public import PUBLIC, Opening

WORK = ROOT / "benchmarks" / "work" / "baselines"
HYBRID = "hybrid"
VALIDATION_REQUESTS = 500
ORDERED = ("ml-1m", "s3rec", "s3rec-lastfm", "amazon-beauty")  # no times: leave-one-out alone
TIMED = ("ml-100k", "rees46-head", "tmall-ali2014", "yoochoose-100k", "amazon-grocery", "taobao-slice")
SESSIONS = "yoochoose-100k"
OF_THE_CATALOGUE = {"amazon-beauty": ("popularity", "item-knn", "content")}  # the actions are those of s3rec
METRICS = {
    "leave-one-out": ("recall@1", "recall@10", "ndcg@10"),
    "temporal": ("ndcg@10", "recall@10", "recall@100", "recall@500", "mrr@20"),
    "next-in-session": ("hit-rate@20", "mrr@20"),
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One log under one protocol."""

    dataset: str
    protocol: str
    data: Path
    trials: int
    seeds: int
    command: str

    @property
    def shop_dir(self) -> ShopDirectory:
        return ShopDirectory(WORK / "shops" / self.dataset)

    def exam(self) -> Exam:
        """The exam, the same for every model."""
        dataset = load_dataset(self.shop_dir)
        match self.protocol:
            case "next-in-session":
                return session_exam(dataset, self.data, self.shop_dir)
            case "temporal":
                return exam_of(dataset, SplitSpec(), "temporal")
            case _:
                return self._leave_one_out(dataset)

    def _leave_one_out(self, dataset: Dataset) -> Exam:
        if self.dataset != "ml-1m":
            return exam_of(dataset, SplitSpec(kind="leave-one-out"), "leave-one-out")
        split = gsasrec_split(dataset, self.data, self.shop_dir)
        return Exam(dataset=dataset, split=split, options=EvaluationOptions(protocol="leave-one-out"))

    @property
    def plan(self) -> TuningPlan:
        """The same budget for every baseline."""
        return TuningPlan(trials=self.trials, requests=VALIDATION_REQUESTS)

    def done(self, model: str) -> Path:
        """Where the rows of a model are kept; another budget is another result."""
        name = f"{model}-{self.trials}x{self.seeds}.json"
        return WORK / "done" / self.dataset / self.protocol / name


def tasks(data: Path, trials: int, seeds: int) -> list[Task]:
    """All pairs of a log and a protocol."""
    pairs = [(name, "leave-one-out") for name in (*ORDERED, *TIMED)]
    pairs += [(name, "temporal") for name in TIMED] + [(SESSIONS, "next-in-session")]
    return [
        Task(dataset=name, protocol=protocol, data=data, trials=trials, seeds=seeds, command=command_line())
        for name, protocol in pairs
    ]


def imported(task: Task) -> None:
    """Import the log, once."""
    if not task.shop_dir.config.exists():
        PUBLIC[task.dataset](Opening(task.data, task.shop_dir))
        load_dataset(task.shop_dir)  # its columns are built and kept


def models(task: Task) -> list[str]:
    """The baselines that this log allows, and the hybrid of them all."""
    exam = task.exam()
    names = [space.name for space in lineup(exam.dataset, timed(exam))]
    if task.dataset in OF_THE_CATALOGUE:
        return [name for name in names if name in OF_THE_CATALOGUE[task.dataset]]
    return [*names, HYBRID]


def model_rows(task: Task, model: str) -> list[Row]:
    """Tune, fit with every seed, judge."""
    exam = task.exam()
    space = next(each for each in lineup(exam.dataset, timed(exam)) if each.name == model)
    tuned = searched(task, exam, space)
    note = f"{words(tuned.best)}; best of {tuned.num_settings}"
    chosen = Chosen(tuned.best.setting, tuned.seconds, note)
    return [
        row for setting in seeded(chosen.setting, task.seeds)
        for row in rows_of(task, exam, replace(chosen, setting=setting))
    ]  # fmt: skip


def hybrid_rows(task: Task) -> list[Row]:
    """Weigh the best settings of all baselines, as tuned before; their seconds of tuning count."""
    exam = task.exam()
    found = [searched(task, exam, space) for space in lineup(exam.dataset, timed(exam))]
    start = time.process_time()
    hybrid = blended(found, exam, task.plan).hybrid
    seconds = time.process_time() - start + sum(each.seconds for each in found)
    parts = zip(hybrid.weights, hybrid.parts, strict=True)
    note = " + ".join(f"{weight:.2f} {part.name}" for weight, part in parts) + "; one seed"
    return list(rows_of(task, exam, Chosen(hybrid, seconds, note)))


def searched(task: Task, exam: Exam, space: Space) -> Tuned:
    """All trials of a baseline, read from its journal where they are there already."""
    journal = WORK / "journals" / f"{task.dataset}-{task.protocol}-{space.name}"
    return Tuned(space, tuple(tried(space, exam, task.plan, time.process_time, journal)))


@dataclass(frozen=True)
class Chosen:
    """A setting, the seconds that choosing it took, and what to say of it."""

    setting: Baseline
    seconds: float
    note: str


def seeded(setting: Baseline, seeds: int) -> list[Baseline]:
    """The setting with each seed; once where nothing is random."""
    if not hasattr(setting, "seed"):
        return [setting]
    changed: Any = setting
    return [replace(changed, seed=seed) for seed in range(seeds)]


def rows_of(task: Task, exam: Exam, chosen: Chosen) -> Iterator[Row]:
    start = time.process_time()
    fitted = chosen.setting.fit(exam.dataset, exam.split.before_test)
    fit_s = time.process_time() - start
    outcome = judged(exam, fitted, time.process_time).outcome
    seed = getattr(chosen.setting, "seed", None)
    common = Row(
        dataset=task.dataset, protocol=task.protocol, model=chosen.setting.name, metric="", value=0.0,
        seconds=time.process_time() - start + chosen.seconds, seed=seed, command=task.command,
        note=chosen.note if seed is not None or chosen.setting.name == HYBRID else f"{chosen.note}; nothing random",
    )  # fmt: skip
    yield from measured(common, outcome)
    yield replace(common, metric="fit_s", value=fit_s)
    yield replace(common, metric="tune_s", value=chosen.seconds)


def list_rows(task: Task) -> list[Row]:
    """The published lists, scored by our metrics."""
    exam, found = task.exam(), []
    for each in published_lists(exam.dataset, task.data, task.shop_dir):
        common = Row(
            dataset=task.dataset, protocol=task.protocol, model=each.name, metric="", value=0.0,
            command=task.command, note="the method's own top 50, scored here",
        )  # fmt: skip
        found += measured(common, judged(exam, each, time.process_time).outcome)
    return found


def measured(common: Row, outcome: Outcome) -> Iterator[Row]:
    """The metrics of the protocol, with bootstrap intervals over customers."""
    values = outcome.values | {"hit-rate@20": (outcome.values["mrr@20"] > 0).astype(np.float64)}
    for metric in METRICS[common.protocol]:
        found = mean_interval(values[metric], outcome.customer)
        yield replace(
            common, metric=metric, value=found.value, low=found.low, high=found.high, n=found.n,
            peak_mib=peak_mib(), commit=this_commit(),
        )  # fmt: skip


def in_own_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns, done in a process that ends with it."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(work, *arguments).result()


def kept(path: Path, work: Callable[..., list[Row]], *arguments: Any) -> list[Row]:
    """The rows in the file; where it is not there they are made and written."""
    if not path.exists():
        rows: list[Row] = in_own_process(work, *arguments)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return [Row(**record) for record in json.loads(path.read_text(encoding="utf-8"))]


def run(task: Task, wanted: list[str]) -> list[Row]:
    in_own_process(imported, task)
    rows = []
    for model in in_own_process(models, task):
        if not wanted or model in wanted:
            work = (hybrid_rows, task) if model == HYBRID else (model_rows, task, model)
            found = kept(task.done(model), *work)
            rows += found
            print(
                f"{task.dataset}, {task.protocol}: {model} {found[0].metric} {found[0].value:.4f}", flush=True
            )
    if task.protocol == "next-in-session":
        rows += kept(task.done("published"), list_rows, task)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public logs")
    parser.add_argument("--only", nargs="+", choices=(*ORDERED, *TIMED), default=[], help="these logs")
    parser.add_argument("--protocols", nargs="+", choices=tuple(METRICS), default=[], help="these protocols")
    parser.add_argument("--models", nargs="+", default=[], help="these baselines; hybrid: all together")
    parser.add_argument("--trials", type=int, default=12, help="settings tried of each baseline")
    parser.add_argument("--seeds", type=int, default=3, help="fits of each baseline that is random")
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    for task in tasks(options.data, options.trials, options.seeds):
        chosen = not options.only or task.dataset in options.only
        if chosen and (not options.protocols or task.protocol in options.protocols):
            write_results("baselines", run(task, options.models), keep=True)


if __name__ == "__main__":
    main()
