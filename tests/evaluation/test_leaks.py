"""A cheat is caught, an honest model is not, and no metric depends on how a shop numbers its items."""

from dataclasses import dataclass

import numpy as np
import pytest
from tests.conftest import SMALL_SHOP, action_rows, rows_as, small_catalog_table

from shopwindow.baselines.item_knn import ItemKnn
from shopwindow.baselines.lineup import lineup
from shopwindow.baselines.popularity import Popularity
from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import dataset_of
from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.leaks import check_no_leak
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS


@dataclass(frozen=True)
class Cheat:
    """Reads the event right at history_end: the very answer."""

    dataset: object
    name: str = "cheat"

    def scores(self, requests):
        scores = np.zeros((len(requests), self.dataset.num_items), dtype=np.float32)
        scores[np.arange(len(requests)), self.dataset.item_row[requests.history_end]] = 1
        return scores


@dataclass(frozen=True)
class Peeper:
    """Counts what all others want at the request's time and after."""

    dataset: object
    name: str = "peeper"

    def scores(self, requests):
        columns = self.dataset.columns
        return np.stack(
            [
                np.bincount(self.dataset.item_row[columns.at_ms >= at], minlength=self.dataset.num_items)
                for at in requests.at_ms
            ]
        ).astype(np.float32)


@dataclass(frozen=True)
class Teller:
    """Reads the wanted items out of the request itself."""

    dataset: object
    name: str = "teller"

    def scores(self, requests):
        scores = np.zeros((len(requests), self.dataset.num_items), dtype=np.float32)
        scores[requests.of_truth(), requests.truth_rows] = 1
        return scores


@dataclass(frozen=True)
class ByIndex:
    """Prefers low row numbers."""

    dataset: object
    name: str = "by-index"

    def scores(self, requests):
        return np.tile(-np.arange(self.dataset.num_items, dtype=np.float32), (len(requests), 1))


def actions(key_of=range(6)):
    """40 customers, half of them after items 0 and 1, half after 4 and 5, now and then something else."""
    rng, rows = np.random.default_rng(0), []
    for t in range(800):
        customer = int(rng.integers(40))
        favourite = int(rng.integers(2)) + (0 if customer < 20 else 4)
        item = favourite if rng.random() < 0.8 else int(rng.integers(6))
        rows.append({"customer_key": customer, "at_ms": t * 1000, "item_key": key_of[item]})
    return rows


@pytest.mark.parametrize("cheat", [Cheat, Peeper, Teller])
def test_whoever_reads_the_future_is_caught(make_dataset, cheat) -> None:
    dataset = make_dataset(actions())
    test = make_split(dataset, SplitSpec()).test
    with pytest.raises(EvaluationError, match=r"reads the future.* of 8 requests"):
        check_no_leak(cheat, dataset, test)


def test_every_baseline_of_the_lineup_is_honest(make_dataset) -> None:
    dataset = make_dataset(actions())
    split = make_split(dataset, SplitSpec())
    two = split.test.part(30, 32)
    settings = [space.starts[0] for space in lineup(dataset, timed=True)]
    assert len(settings) > 5
    for setting in settings:
        check_no_leak(lambda data, setting=setting: setting.fit(data, split.train_end), dataset, two)


def test_fitting_on_the_test_period_is_caught(make_dataset) -> None:
    dataset = make_dataset(actions())
    split = make_split(dataset, SplitSpec())
    with pytest.raises(EvaluationError, match="reads the future"):
        check_no_leak(lambda data: Popularity().fit(data, data.columns.offsets[1:]), dataset, split.test)


def test_leave_one_out_is_checked_by_order(make_dataset) -> None:
    rows = [row | {"at_ms": 0} for row in actions()]  # a log that knows the order only
    dataset = make_dataset(rows)
    split = make_split(dataset, SplitSpec(kind="leave-one-out"))
    check_no_leak(lambda data: ItemKnn().fit(data, split.before_test), dataset, split.test, "leave-one-out")
    with pytest.raises(EvaluationError, match="reads the future"):
        check_no_leak(Cheat, dataset, split.test, "leave-one-out")


def quality(dataset, recommender) -> float:
    """NDCG@6, the mean over ten tie orders."""
    split = make_split(dataset, SplitSpec())
    fitted = recommender(dataset, split)
    options = [EvaluationOptions(seed=seed) for seed in range(10)]
    return float(np.mean([evaluate(fitted, dataset, split.test, each).mean("ndcg@6") for each in options]))


def numbered_anew(seed):
    """The same shop with its items' keys shuffled."""
    key_of = np.random.default_rng(seed).permutation(6).tolist()
    items = [row | {"item_key": key_of[row["item_key"]]} for row in small_catalog_table().to_pylist()]
    columns = columns_from_table(action_rows(actions(key_of)), None, SMALL_SHOP)
    return dataset_of(SMALL_SHOP, columns, catalog_of(rows_as(items, ITEMS)))


@pytest.mark.parametrize("baseline", [Popularity(), ItemKnn(), ItemKnn(last=1)])
def test_numbering_the_items_otherwise_changes_nothing(make_dataset, baseline) -> None:
    def fitted(dataset, split):
        return baseline.fit(dataset, split.train_end)

    plain = quality(make_dataset(actions()), fitted)
    for seed in range(3):
        assert quality(numbered_anew(seed), fitted) == pytest.approx(plain, abs=0.01)


def test_a_model_that_lives_on_the_numbering_is_seen_by_that_test(make_dataset) -> None:
    plain = quality(make_dataset(actions()), lambda dataset, _: ByIndex(dataset))
    others = [quality(numbered_anew(seed), lambda dataset, _: ByIndex(dataset)) for seed in range(3)]
    assert max(abs(other - plain) for other in others) > 0.02
