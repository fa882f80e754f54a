"""The whole loop, closed: one log to learn from, then the same visits served by each line of models in turn.

`make bench NAME=closed_loop`. A simulated shop runs for two thirds of its days; models learn from what it logged, as a shop's own
would; then the same customers, with the same luck and the same candidates, are served at random, by popularity, by trees on live features, by the
two-tower, by the ranker alone, by the ranker on the two-tower's first hundred, and by the oracle.
"""

import argparse
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.record import Row, command_line, peak_mib, this_commit, write_results
from benchmarks.simulated_shop import WORK, import_all
from shopwindow.baselines.pages.gbt import PageGbt
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset, load_dataset
from shopwindow.datasets.pages import read_page_tables
from shopwindow.datasets.recommender import PageOrder
from shopwindow.datasets.requests import RequestSet
from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.evaluation import exposure
from shopwindow.evaluation.diversity import longest_run
from shopwindow.evaluation.significance import mean_interval, paired_difference
from shopwindow.schema.arrays import Float, Int32
from shopwindow.simulation.arrays import Real
from shopwindow.simulation.behaviour import CART, WISHLIST, Reaction
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.generator import write_shop
from shopwindow.simulation.life import Life, Shown
from shopwindow.simulation.live_shop import DAILY, LiveShop, Scores, Served, ordering
from shopwindow.simulation.log import Log
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.policies import Oracle, Popular, Ranking, Shuffled
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.trial import Outcome, trial
from shopwindow.simulation.walk import Asks, Walk
from shopwindow.simulation.world import Stream, World, spawn
from shopwindow.training import presets
from shopwindow.training.live_codes import LiveCodes
from shopwindow.training.page_split import page_split
from shopwindow.training.train_ranker import load_ranker, train_ranker
from shopwindow.training.train_two_tower import load_run, train
from shopwindow.training.trained import TrainedTwoTower
from shopwindow.training.trained_ranker import TrainedRanker

LEARNING: Final = 2 / 3  # of the days
FIRST: Final = 100  # of the two-tower's candidates go to the ranker
FIRST_PLACES: Final = 6
NEW_DAYS: Final = 7
SPEC: Final = WorldSpec(seed=31, customers=6_000, bots=0.0)
DATASET: Final = "simulated shop, version 1, seed 31"
ORDER: Final = ("random", "popularity", "page-gbt", "two-tower", "ranker", "two-tower + ranker", "oracle")
MEASURES: Final = ("clicks", "wishlist+cart", "purchases", "value")


class Watched:
    """A Record: what stood first, and how varied it was."""

    def __init__(self, world: World, visits: int) -> None:
        self._world, self._strong = world, np.zeros(visits)
        self._shown = np.zeros(len(world.goods), dtype=np.int64)
        self._runs: list[Real] = []
        self._new: list[Real] = []
        self._customer: list[Int32] = []

    def add(self, walk: Walk, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        deeds, goods, first = reaction.deeds, self._world.goods, shown.items[:, :FIRST_PLACES]
        strong = np.isin(deeds.action, (WISHLIST, CART))
        np.add.at(self._strong, walk.number[deeds.page[strong]], 1.0)
        there, items = first >= 0, np.maximum(first, 0)
        np.add.at(self._shown, first[there], 1)
        self._runs.append(longest_run(np.where(there, goods.brand[items], -1).astype(np.int32)))
        age = asks.situation.day[:, None] - (goods.first_seen_ms[items] - self._world.spec.start_ms) / DAY_MS
        self._new.append((there & (age < NEW_DAYS)).sum(axis=1) / np.maximum(there.sum(axis=1), 1))
        self._customer.append(walk.customer.astype(np.int32))

    @property
    def strong(self) -> Real:
        """[V] actions of wishlist and cart of each planned visit."""
        return self._strong

    def pages(self) -> dict[str, tuple[Real, Int32]]:
        """Values page by page, and whose page."""
        customer = np.concatenate(self._customer)
        return {
            "brand run@6": (np.concatenate(self._runs), customer),
            "new items@6": (np.concatenate(self._new), customer),
        }

    def spread(self, counts: Real) -> dict[str, float]:
        """How the first places are spread over the catalogue; `counts [N]`: earlier actions."""
        return {
            "effective items@6": exposure.effective_size(self._shown),
            "long-tail share@6": exposure.tail_share(self._shown, counts.astype(np.int64)),
        }


def learned(world: World, folder: Path) -> Memory:
    """The learning period, lived and logged under `folder`; what customers remember of it."""
    spec = world.spec
    shutil.rmtree(folder / "files", ignore_errors=True)
    log, life = Log(world, write_shop(world, folder), "parquet"), Life.begin(world)
    visits = plan_visits(world, spawn(spec, Stream.VISITS)).between(spec.start_ms, turn_ms(spec))
    life.live(visits, LoggingPolicy(world, life.memory, spawn(spec, Stream.LOGGING_POLICY)), log)
    log.close()
    return life.memory


def turn_ms(spec: WorldSpec) -> int:
    return spec.start_ms + int(spec.days * LEARNING) * DAY_MS


def imported(folder: Path, seed: int) -> ShopDirectory:
    shop_dir = ShopDirectory(folder)
    if not (folder / "imported").exists():
        import_all(shop_dir, seed)
        (folder / "imported").touch()
    return shop_dir


def two_tower(shop_dir: ShopDirectory, dataset: Dataset) -> TrainedTwoTower:
    """The small preset, its epoch chosen on the last days of the log."""
    run = replace(presets.small(), epochs=10, patience=3)
    folder = shop_dir.runs / "two-tower"
    if not (folder / "finished").exists():
        train(dataset, make_split(dataset, SplitSpec()), run, folder, folder.exists())
        (folder / "finished").touch()
    return load_run(folder, dataset)


def ranker(shop_dir: ShopDirectory, dataset: Dataset) -> TrainedRanker:
    """The small preset, live features as of each midnight."""
    pages = page_split(dataset, read_page_tables(shop_dir), SplitSpec())
    run = replace(presets.small_ranker(), epochs=6, patience=2, learning_rate=2e-3, freshness=DAILY)
    folder = shop_dir.runs / "ranker"
    if not (folder / "finished").exists():
        train_ranker(pages, run, folder, folder.exists())
        (folder / "finished").touch()
    return load_ranker(folder, dataset, pages.exposures)


def gbt(shop_dir: ShopDirectory, dataset: Dataset) -> Callable[..., PageOrder]:
    """Trees on the same pages and the same live features as the ranker."""
    pages = page_split(dataset, read_page_tables(shop_dir), SplitSpec())
    folder = shop_dir.runs / "page-gbt"
    shutil.rmtree(folder, ignore_errors=True)
    fitted = PageGbt(freshness=DAILY, most_pages=10**9).fit(pages, folder)
    return lambda dataset, plan: replace(fitted, reader=replace(fitted.reader, dataset=dataset, plan=plan))


def on(model: TrainedRanker) -> Callable[..., TrainedRanker]:
    """The ranker on another data set with live features that somebody else feeds."""
    assert model.live is not None
    live: LiveCodes = model.live
    return lambda dataset, plan: model.on(dataset, replace(live, dataset=dataset, plan=plan))


def picked(model: TrainedTwoTower, dataset: Dataset, requests: RequestSet, rows: Int32) -> Float:
    """[P, C] the two-tower's scores of these rows."""
    scores = np.take_along_axis(model.on(dataset).scores(requests), np.maximum(rows, 0), axis=1)
    found: Float = np.where(rows >= 0, scores, np.float32(-np.inf))
    return found


def both(retrieval: TrainedTwoTower, ordered: TrainedRanker) -> Callable[..., Float]:
    """The ranker's order of the two-tower's first FIRST, the rest behind in the two-tower's order."""
    by_ranker = ordering(on(ordered))

    def scores(live: LiveShop, dataset: Dataset, requests: RequestSet, rows: Int32) -> Float:
        found = picked(retrieval, dataset, requests, rows)
        place = np.argsort(np.argsort(-found, axis=1, kind="stable"), axis=1)
        first = (place < FIRST) & (rows >= 0)
        ranked = by_ranker(live, dataset, requests, np.where(first, rows, np.int32(-1)))
        return np.where(first, ranked, -1e6 - place).astype(np.float32)

    return scores


def run(spec: WorldSpec) -> Iterator[Row]:
    """Learn from the first days, then serve the later ones with each line of models."""
    folder = WORK / f"closed-loop-{spec.seed}-{spec.customers}"
    world = World.of(spec)
    memory, shop_dir = learned(world, folder), imported(folder, spec.seed)
    dataset, chance = load_dataset(shop_dir), Chance.of(spawn(spec, Stream.TRIAL))
    later = plan_visits(world, spawn(spec, Stream.VISITS)).between(turn_ms(spec), spec.end_ms)
    counts = gained(dataset, LiveShop(world, shop_dir, dataset, later.start_ms).row)
    makers: dict[str, Callable[[Memory], Ranking]] = {
        "random": lambda _: Shuffled(chance),
        "popularity": lambda _: Popular(counts.copy()),
        "oracle": lambda kept: Oracle(world, kept),
    }
    for name, scores in lines(shop_dir, dataset).items():
        makers[name] = lambda _, name=name, scores=scores: Served(  # type: ignore[misc]
            name, LiveShop(world, shop_dir, dataset, later.start_ms), scores
        )
    tried: dict[str, tuple[Outcome, Watched, float]] = {}
    for name, make in makers.items():
        kept = memory.copy()
        policy, watched, start = make(kept), Watched(world, len(later)), time.process_time()
        outcome = trial(Life(world=world, memory=kept, chance=chance), later, policy, record=watched)
        tried[name] = (outcome, watched, time.process_time() - start)
        print(
            f"{name}: {outcome.clicks.mean():.4f} clicks, {watched.strong.mean():.4f} wishlist+cart, "
            f"{outcome.purchases.mean():.5f} purchases a visit; {outcome.pages / tried[name][2]:.0f} pages/s",
            flush=True,
        )
    yield from rows_of({name: tried[name] for name in ORDER}, counts)


def lines(shop_dir: ShopDirectory, dataset: Dataset) -> dict[str, Scores]:
    """What was learned from the log, by name."""
    tower, orders = two_tower(shop_dir, dataset), ranker(shop_dir, dataset)
    return {
        "page-gbt": ordering(gbt(shop_dir, dataset)),
        "two-tower": lambda _, *asked: picked(tower, *asked),
        "ranker": ordering(on(orders)),
        "two-tower + ranker": both(tower, orders),
    }


def gained(dataset: Dataset, row: Int32) -> Real:
    """[N] gain of all actions with each of the world's goods, which stand in rows `row [N]`, -1 = not in the catalogue."""
    known = dataset.item_row >= 0
    gains = np.maximum(dataset.gains[dataset.columns.action[known]], 0)
    of_row = np.bincount(dataset.item_row[known], weights=gains, minlength=dataset.num_items)
    return np.where(row >= 0, of_row[np.maximum(row, 0)], 0.0).astype(np.float32)


def rows_of(tried: dict[str, tuple[Outcome, Watched, float]], counts: Real) -> Iterator[Row]:
    """Figures of each line of models, and differences over the same visits to the line before it."""
    before: str = ""
    for name, (outcome, watched, seconds) in tried.items():
        common = Row(
            dataset=DATASET, protocol="closed loop", model=name, metric="", value=0.0, seconds=seconds,
            peak_mib=peak_mib(), command=command_line(), commit=this_commit(),
        )  # fmt: skip
        values = measures(outcome, watched)
        for metric in MEASURES:
            mean = mean_interval(values[metric], outcome.customer)
            yield replace(
                common, metric=f"{metric} per visit", value=mean.value, low=mean.low, high=mean.high, n=mean.n
            )
            if before:
                minus = paired_difference(
                    values[metric], measures(*tried[before][:2])[metric], outcome.customer
                )
                yield replace(
                    common, model=f"{name} minus {before}", metric=f"{metric} per visit", value=minus.value,
                    low=minus.low, high=minus.high, n=minus.n,
                )  # fmt: skip
        yield replace(common, metric="clicks per page", value=float(outcome.clicks.sum() / outcome.pages))
        for metric, (each, customer) in watched.pages().items():
            mean = mean_interval(each, customer)
            yield replace(common, metric=metric, value=mean.value, low=mean.low, high=mean.high, n=mean.n)
        for metric, value in watched.spread(counts).items():
            yield replace(common, metric=metric, value=value)
        yield replace(
            common, metric="pages/s, simulation and bookkeeping included", value=outcome.pages / seconds
        )
        before = name


def measures(outcome: Outcome, watched: Watched) -> dict[str, Real]:
    """[V] each."""
    return {
        "clicks": outcome.clicks,
        "wishlist+cart": watched.strong,
        "purchases": outcome.purchases,
        "value": outcome.value,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="not needed: the shop is simulated")
    parser.add_argument("--customers", type=int, default=SPEC.customers)
    options = parser.parse_args()
    print(f"commit {this_commit()}")
    write_results("closed_loop", list(run(replace(SPEC, customers=options.customers))))


if __name__ == "__main__":
    main()
