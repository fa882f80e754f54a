"""Leave-one-out over the full catalogue, as papers report it: popularity, item-kNN and the two-tower from ids alone.

`make bench NAME=leave_one_out` trains with one seed; ARGS="--seeds 0 1 2" with several, ARGS="--only s3rec" one data set.
A run that was stopped goes on where it was: its folder is benchmarks/work/leave_one_out.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.gsasrec import gsasrec_split
from benchmarks.record import ROOT, Row, command_line, peak_mib, this_commit, write_results
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset, load_dataset
from shopwindow.datasets.sequences import SequencePlan
from shopwindow.datasets.split import Split, SplitSpec, make_split
from shopwindow.evaluation.comparison import Exam, judged
from shopwindow.evaluation.protocol import EvaluationOptions, Outcome
from shopwindow.evaluation.rivals import baselines
from shopwindow.evaluation.significance import mean_interval
from shopwindow.ingest.public import PUBLIC, Opening
from shopwindow.models.attention import BlockConfig
from shopwindow.models.item_encoder import ItemEncoderConfig
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.losses import LossConfig
from shopwindow.models.two_tower import TwoTowerConfig
from shopwindow.training.refit import refit
from shopwindow.training.run import TrainingRun
from shopwindow.training.train_two_tower import train
from shopwindow.training.trained import TrainedTwoTower

WORK = ROOT / "benchmarks" / "work" / "leave_one_out"
METRICS = ("recall@1", "recall@10", "ndcg@10")
PROTOCOL: Final = "leave-one-out"


@dataclass(frozen=True, kw_only=True)
class Task:
    """A public data set by name, how it is split, how the two-tower is trained on it, and what others published."""

    dataset: str
    split: Callable[[Dataset, Path, ShopDirectory], Split]
    run: Callable[[], TrainingRun]
    published: tuple[tuple[str, float, float], ...]  # name, Recall@10, NDCG@10
    refit: bool = False  # once more, with the validation actions too, as the baselines are


def ml_1m_run() -> TrainingRun:
    """Long journeys, few items: width 128, windows of 200 actions in small batches, full softmax."""
    return replace(ids_alone(dim=128, heads=4, dropout=0.2), plan=in_order(200), batch_size=32, epochs=16)


def beauty_run() -> TrainingRun:
    """Short journeys, four times the items: cosines, gates for own items, sampled softmax with logQ, strong dropout."""
    alone = ids_alone(dim=64, heads=2, dropout=0.5)
    items = replace(alone.model.items, spread=0.1, bias=False)
    return replace(
        alone,
        model=replace(alone.model, items=items, temperature=0.05, repeats=True),
        loss=LossConfig(name="sampled", negatives=1024, source="mixed", correct=True),
        batch_size=128,
        learning_rate=2e-3,
        epochs=40,
        patience=8,
        validation_requests=8000,
    )


def ids_alone(dim: int, heads: int, dropout: float) -> TrainingRun:
    """Two blocks, no content, no metadata, no context."""
    block = BlockConfig(dim=dim, heads=heads, dropout=dropout)
    return TrainingRun(
        model=TwoTowerConfig(
            items=ItemEncoderConfig(dim=dim, content=False, metadata=False, id_dropout=0.0),
            journeys=JourneyEncoderConfig(block=block, blocks=2, local_context=False, input_dropout=dropout),
        ),
        loss=LossConfig(name="full"),
        plan=in_order(50),
        exclude_seen=True,
    )


def in_order(max_actions: int) -> SequencePlan:
    """These logs know the order only: every action is the target of the one before."""
    return SequencePlan(max_actions=max_actions, ties="sequence", windows=True)


def everyone(dataset: Dataset, data: Path, shop_dir: ShopDirectory) -> Split:
    """Each customer's last action is tested, the one before validates."""
    return make_split(dataset, SplitSpec(kind="leave-one-out"))


TASKS = (
    Task(
        dataset="ml-1m",
        split=gsasrec_split,
        run=ml_1m_run,
        published=(("SASRec", 0.2392, 0.1259), ("gSASRec", 0.3003, 0.1726)),
    ),
    Task(
        dataset="s3rec",
        split=everyone,
        run=beauty_run,
        refit=True,
        published=(
            ("GRU4Rec", 0.0283, 0.0137), ("SASRec", 0.0605, 0.0318), ("S3-Rec", 0.0647, 0.0327),
            ("TIGER", 0.0648, 0.0384), ("ActionPiece", 0.0775, 0.0424), ("HSTU", 0.0788, 0.0439),
            ("DuoRec", 0.0845, 0.0443), ("eSASRec", 0.0928, 0.0523), ("SASRec, sampled softmax", 0.0921, 0.0531),
        ),
    ),
)  # fmt: skip


def rows_of(task: Task, data: Path, seeds: Sequence[int], console: Console) -> Iterator[Row]:
    """All rows of one data set: baselines, a two-tower per seed, published figures."""
    shop_dir = ShopDirectory(WORK / task.dataset)
    if not shop_dir.config.exists():
        console.rule(f"import {task.dataset}")
        PUBLIC[task.dataset](Opening(data, shop_dir))
    dataset = load_dataset(shop_dir)
    split = task.split(dataset, data, shop_dir)
    exam = Exam(dataset=dataset, split=split, options=EvaluationOptions(protocol=PROTOCOL))
    for entrant in baselines(exam, time.perf_counter):
        yield from measured(task, entrant.outcome, entrant.seconds, None, entrant.settings)
    for seed in seeds:
        console.rule(f"train on {task.dataset}, seed {seed}")
        folder, run = shop_dir.runs / f"two-tower-{seed}", replace(task.run(), seed=seed)
        yield from trained_rows(task, exam, run, folder)
        if task.refit:
            yield from refit_rows(task, exam, folder)
    for name, recall, ndcg in task.published:
        for metric, value in (("recall@10", recall), ("ndcg@10", ndcg)):
            yield Row(
                dataset=task.dataset, protocol=PROTOCOL, model=name, metric=metric, value=value, source="published"
            )  # fmt: skip


def trained_rows(task: Task, exam: Exam, run: TrainingRun, folder: Path) -> Iterator[Row]:
    """Train (or go on training) a two-tower in `folder` and measure it."""
    with counted(folder) as spent:
        trained = train(exam.dataset, exam.split, run, folder, resume=folder.exists())
    yield from judged_rows(task, exam, replace(trained, name="two-tower"), spent(), "ids alone")


def refit_rows(task: Task, exam: Exam, chosen: Path) -> Iterator[Row]:
    """The same, fitted on the validation actions too, as the baselines are."""
    folder = chosen.with_name(f"two-tower-refit-{chosen.name.rsplit('-', 1)[1]}")
    with counted(folder) as spent:
        trained = refit(exam.dataset, exam.split, chosen, folder, resume=folder.exists())
    note = "ids alone; fitted on the validation actions too, as the baselines are"
    yield from judged_rows(task, exam, replace(trained, name="two-tower-refit"), spent(), note)


@contextmanager
def counted(folder: Path) -> Iterator[Callable[[], float]]:
    """Seconds of a run, those before it was stopped included."""
    clock = folder.with_suffix(".seconds")
    before, start = float(clock.read_text()) if clock.exists() else 0.0, time.perf_counter()
    try:
        yield lambda: float(clock.read_text())
    finally:
        clock.write_text(f"{before + time.perf_counter() - start:.1f}")


def judged_rows(task: Task, exam: Exam, trained: TrainedTwoTower, seconds: float, note: str) -> Iterator[Row]:
    outcome = judged(exam, trained, time.perf_counter).outcome
    yield from measured(task, outcome, seconds, trained.run.seed, note)


def measured(task: Task, outcome: Outcome, seconds: float, seed: int | None, note: str) -> Iterator[Row]:
    """The rows of one outcome, with bootstrap intervals over customers."""
    for metric in METRICS:
        found = mean_interval(outcome.values[metric], outcome.customer)
        yield Row(
            dataset=task.dataset, protocol=PROTOCOL, model=outcome.name, metric=metric, value=found.value,
            low=found.low, high=found.high, n=found.n, seconds=seconds, peak_mib=peak_mib(), seed=seed,
            command=command_line(), note=note,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ml-1m and s3rec")
    parser.add_argument("--only", choices=[task.dataset for task in TASKS], help="one data set")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="a two-tower is trained for each")
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    console = Console()
    for task in TASKS:
        if options.only in (None, task.dataset):
            rows = list(rows_of(task, options.data, options.seeds, console))
            write_results("leave_one_out", rows, keep=True)


if __name__ == "__main__":
    main()
