"""Three real logs through the whole line: import, train, evaluate on the last tenth by time, release, serve.

`make bench NAME=temporal [ARGS='--sets rees46-head']`. Each log has a process and a fresh shop of its own. All models choose
on validation requests (baselines their settings, two-towers their number of epochs) and are then fitted again on everything
before the test. The whole shop is ranked for every test request.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from benchmarks.record import Row, command_line, peak_mib, this_commit, write_results
from shopwindow.api.app import create_app
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.datasets.split import SplitSpec
from shopwindow.evaluation.comparison import Exam, exam_of, judged
from shopwindow.evaluation.report import Entrant, Report, best_baseline, report_of
from shopwindow.evaluation.rivals import baselines
from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.public import PUBLIC, Opening
from shopwindow.release.build import build_release
from shopwindow.release.registry import activate
from shopwindow.serving.assembly import open_runtime
from shopwindow.training import presets
from shopwindow.training.refit import refit
from shopwindow.training.run import TrainingRun
from shopwindow.training.train_two_tower import train

SETS = ("tmall-ali2014", "taobao-slice", "rees46-head")
VARIANTS = {"two-tower": "trainable", "two-tower-context": "context", "two-tower-frozen": "frozen"}
SERVED = "two-tower"
METRICS = ("ndcg@10", "ndcg@500", "recall@10", "recall@100", "recall@500", "mrr@20", "auc")
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """One log: where it lies, and what to say of the command."""

    name: str
    data: Path
    models: tuple[str, ...]
    epochs: int  # 0: as the log's settings say
    command: str


def training_run(task: Task, model: str) -> TrainingRun:
    """The small preset, fitted to the log's size and time stamps by validation (LOG.md, 2026-11-21)."""
    run = replace(presets.small().variant(VARIANTS[model]), seed=SEED, learning_rate=2e-3)
    match task.name:
        case (
            "tmall-ali2014"
        ):  # 884 people with long days: little steps, and every action of a day learns of the next
            run = replace(run, batch_size=16, epochs=12, patience=3, learning_rate=1e-3)
            run = replace(run, plan=replace(run.plan, max_actions=100, every_position=True))
        case "taobao-slice":  # 58,732 people with one or two actions, most items seen once
            run = replace(run, batch_size=256, epochs=8, patience=3, min_events=3)
        case _:
            run = replace(run, epochs=12, patience=4)
    return replace(run, epochs=task.epochs) if task.epochs else run


def run_set(task: Task) -> list[Row]:
    """All stages for one log, in a shop that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        shop_dir = ShopDirectory(Path(folder) / task.name)
        rows = list(imported(task, shop_dir))
        exam = exam_of(load_dataset(shop_dir), SplitSpec(), "temporal", SEED)
        print(f"{task.name}: {len(exam.requests):,} test requests, {exam.dataset.num_items:,} items")
        entrants = list(baselines(exam, time.monotonic, print))
        entrants += [trained(task, shop_dir, exam, name) for name in task.models]
        report = report_of(entrants, {}, exam.split.spec, SEED)
        rows += model_rows(task, report)
        return rows + list(served(task, shop_dir, exam))


def imported(task: Task, shop_dir: ShopDirectory) -> Iterator[Row]:
    reports: list[ImportReport] = []
    start = time.monotonic()
    shop_dir.root.mkdir(parents=True)
    PUBLIC[task.name](Opening(task.data, shop_dir, on_report=reports.append))
    seconds = time.monotonic() - start
    total = sum(report.rows for report in reports)
    aside = sum(report.rejected for report in reports)
    common: dict[str, Any] = {"protocol": "import", "model": "import", "n": total, "seconds": seconds}
    yield row(task, metric="rows_per_s", value=total / seconds, **common)
    yield row(task, metric="set_aside", value=aside, **common)


def trained(task: Task, shop_dir: ShopDirectory, exam: Exam, name: str) -> Entrant:
    """One two-tower, its training time counted."""
    run = training_run(task, name)
    start = time.monotonic()
    chosen = shop_dir.runs / f"{name}-chosen"
    train(exam.dataset, exam.split, run, chosen)
    fitted = refit(exam.dataset, exam.split, chosen, shop_dir.runs / name)
    seconds = time.monotonic() - start
    entrant = judged(exam, fitted, time.monotonic)
    settings = f"small preset, {fitted.run.epochs} epochs of at most {run.epochs}"
    return replace(entrant, seconds=seconds + entrant.seconds, settings=settings)


def model_rows(task: Task, report: Report) -> Iterator[Row]:
    best = best_baseline(report.entrants)
    assert best is not None
    for entrant in report.entrants:
        name, means = entrant.outcome.name, report.means[entrant.outcome.name]
        common: dict[str, Any] = {
            "protocol": "temporal", "model": name, "seconds": entrant.seconds, "note": entrant.settings,
        }  # fmt: skip
        for metric in METRICS:
            found = means[metric]
            yield row(
                task, metric=metric, value=found.value, low=found.low, high=found.high, n=found.n, **common
            )
        yield row(
            task, metric="coverage@10", value=entrant.outcome.totals["coverage@10"],
            n=report.num_requests, **common,
        )  # fmt: skip
        for each in report.differences:
            if each.model == name:
                found = each.interval
                yield row(
                    task, metric=f"{each.metric} minus {best.outcome.name}", value=found.value,
                    low=found.low, high=found.high, n=found.n, **common,
                )  # fmt: skip


def served(task: Task, shop_dir: ShopDirectory, exam: Exam) -> Iterator[Row]:
    """Release the model, serve it, ask a page, click on its last item, ask again."""
    start = time.monotonic()
    path = build_release(shop_dir, task.models[0], created_ms=int(time.time() * 1000))
    activate(shop_dir, path.name)
    built = time.monotonic() - start
    yield row(
        task,
        protocol="release",
        model=task.models[0],
        metric="build_s",
        value=built,
        n=exam.dataset.num_items,
    )
    before, after = asyncio.run(_two_pages(shop_dir))
    moved = sum(one != other for one, other in zip(before, after, strict=False))
    common: dict[str, Any] = {"protocol": "serve", "model": task.models[0], "n": len(before)}
    yield row(task, metric="items_on_page", value=len(before), **common)
    yield row(task, metric="places_changed_by_a_click", value=moved, **common)


async def _two_pages(shop_dir: ShopDirectory) -> tuple[list[str], list[str]]:
    runtime = open_runtime(shop_dir)
    transport = httpx.ASGITransport(app=create_app(runtime))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            customer = (await client.get("/v1/customers?limit=1")).json()["customers"][0]["customer"]
            before = await _page(client, customer)
            click = {
                "type": "action", "event_id": "benchmark-1", "customer": customer, "item": before[-1],
                "action": "click",
            }  # fmt: skip
            answer = (await client.post("/v1/events", json={"events": [click]})).raise_for_status().json()
            assert answer["accepted"] == 1, answer
            return before, await _page(client, customer)
    finally:
        runtime.close()


async def _page(client: httpx.AsyncClient, customer: str) -> list[str]:
    answer = await client.post("/v1/rank", json={"surface": "home", "customer": customer, "k": 24})
    return [each["item"] for each in answer.raise_for_status().json()["items"]]


def row(task: Task, **figures: Any) -> Row:
    return Row(dataset=task.name, peak_mib=peak_mib(), seed=SEED, command=task.command, **figures)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--models", nargs="+", choices=tuple(VARIANTS), default=(SERVED,))
    parser.add_argument("--epochs", type=int, default=0)
    given = parser.parse_args(arguments)
    print(f"commit {this_commit()}")
    tasks = [
        Task(
            name=name,
            data=given.data,
            models=tuple(given.models),
            epochs=given.epochs,
            command=command_line(),
        )
        for name in given.sets
    ]
    spawn = multiprocessing.get_context("spawn")
    for task in tasks:  # a process each: peak memory is that log's own
        with ProcessPoolExecutor(1, mp_context=spawn) as process:
            write_results("temporal", process.submit(run_set, task).result(), keep=True)


if __name__ == "__main__":
    main()
