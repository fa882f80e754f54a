"""What holds for every neural baseline."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from shopwindow.baselines.neural import next_item
from shopwindow.baselines.neural.bert4rec import Bert4Rec
from shopwindow.baselines.neural.dnn import Dnn
from shopwindow.baselines.neural.gru4rec import Gru4Rec
from shopwindow.baselines.neural.lightgcn import LightGcn
from shopwindow.baselines.neural.neumf import NeuMf
from shopwindow.datasets.dataset import dataset_of
from shopwindow.datasets.split import leave_one_out, single_requests
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS

NUM_ITEMS, ACTIONS = 20, 8
FOLLOWS = np.random.default_rng(5).permutation(NUM_ITEMS)  # the item after each item
QUICK = {"dim": 16, "learning_rate": 0.01, "epochs": 20, "batch_size": 16}
ORDERED = (
    Gru4Rec(**QUICK),
    Gru4Rec(**QUICK, loss="bpr-max", negatives=32),
    Bert4Rec(dim=32, blocks=1, dropout=0.0, last=5, batch_size=16, learning_rate=0.01, epochs=30),
    Dnn(**QUICK, wide=32, dropout=0.0),
)
OF_PAIRS = (
    LightGcn(dim=16, learning_rate=0.02, epochs=20),
    NeuMf(dim=8, wide=16, batch_size=32, learning_rate=0.01, epochs=20),
)
ALL = (*ORDERED, *OF_PAIRS)


def named(setting):
    return f"{setting.name}-{getattr(setting, 'loss', '')}".strip("-")


@pytest.fixture(scope="module")
def shop(make_dataset, small_shop):
    """Rows of actions -> data set over a catalogue of twenty items."""

    def make(rows):
        items = [
            dict.fromkeys(ITEMS.names) | {"item_key": key, "item_id": f"i{key}"} for key in range(NUM_ITEMS)
        ]
        return dataset_of(
            small_shop, make_dataset(rows).columns, catalog_of(pa.Table.from_pylist(items, ITEMS))
        )

    return make


def journey(customer: int, items) -> list[dict[str, int]]:
    return [
        {"customer_key": customer, "at_ms": 1000 * place + customer, "item_key": int(item)}
        for place, item in enumerate(items)
    ]


def walk(start: int, length: int) -> list[int]:
    items = [start]
    while len(items) < length:
        items.append(int(FOLLOWS[items[-1]]))
    return items


@pytest.fixture(scope="module")
def walks(shop):
    """Everybody goes from each item to the one that follows it."""
    return shop([row for c in range(60) for row in journey(c, walk(c % NUM_ITEMS, ACTIONS + c % 3))])


@pytest.fixture(scope="module")
def tastes(shop):
    """Even customers want eight of the items 0 .. 9, odd ones of 10 .. 19."""
    rng = np.random.default_rng(0)
    return shop([row for c in range(60) for row in journey(c, rng.permutation(10)[:ACTIONS] + 10 * (c % 2))])


@pytest.mark.parametrize("setting", ORDERED, ids=named)
def test_a_model_of_journeys_learns_what_follows_what(walks, setting) -> None:
    split = leave_one_out(walks)
    requests = replace(split.test, surface=np.zeros(len(split.test), np.int32))
    outcome = evaluate(setting.fit(walks, split.before_test), walks, requests, EvaluationOptions())
    assert outcome.mean("ndcg@10") > 0.97


@pytest.mark.parametrize("setting", [ORDERED[0], ORDERED[3]], ids=named)
def test_of_a_large_catalogue_a_sample_teaches_the_same(walks, setting, monkeypatch) -> None:
    monkeypatch.setattr(next_item, "FEW_ITEMS", 0)
    split = leave_one_out(walks)
    outcome = evaluate(setting.fit(walks, split.before_test), walks, split.test, EvaluationOptions())
    assert outcome.mean("ndcg@10") > 0.97


@pytest.mark.parametrize("setting", OF_PAIRS, ids=named)
def test_a_model_of_pairs_learns_who_wants_what(tastes, setting) -> None:
    split = leave_one_out(tastes)
    scores = by_key(tastes, setting.fit(tastes, split.before_test).scores(split.test))
    own, other = scores[::2, :10].copy(), scores[::2, 10:]
    assert (own.min(axis=1) > other.max(axis=1)).mean() > 0.9
    assert (scores[1::2, 10:].min(axis=1) > scores[1::2, :10].max(axis=1)).mean() > 0.9


@pytest.mark.parametrize("setting", OF_PAIRS, ids=named)
def test_a_customer_who_was_not_learned_from_is_known_by_their_history(shop, tastes, setting) -> None:
    dataset = shop([*rows_of(tastes), *journey(90, [11, 12, 13, 0]), *journey(91, [1, 2, 3, 0])])
    train_end = np.asarray(dataset.columns.offsets[1:]).copy()
    train_end[-2:] -= 4
    asked = single_requests(dataset, np.array([60, 61]), np.asarray(dataset.columns.offsets[1:])[-2:] - 1)
    scores = by_key(dataset, setting.fit(dataset, train_end).scores(asked))
    assert scores[0, 10:].mean() > scores[0, :10].mean()
    assert scores[1, :10].mean() > scores[1, 10:].mean()


@pytest.mark.parametrize("setting", ALL, ids=named)
def test_equal_seeds_give_equal_scores_and_leave_global_randomness_alone(walks, setting) -> None:
    brief, split = replace(setting, epochs=2), leave_one_out(walks)
    state = torch.random.get_rng_state()
    one, two, other = (
        each.fit(walks, split.before_test).scores(split.test)
        for each in (brief, brief, replace(brief, seed=1))
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-4
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("setting", ALL, ids=named)
def test_what_happens_at_or_after_the_end_of_training_changes_nothing(shop, walks, setting) -> None:
    rng = np.random.default_rng(3)
    later = [
        {"customer_key": c, "at_ms": 50_000 + c, "item_key": int(rng.integers(NUM_ITEMS))} for c in range(70)
    ]
    found = []
    for dataset in (walks, shop([*rows_of(walks), *later])):  # ten of them are new
        end = np.asarray(dataset.columns.offsets[:-1]).copy()
        end[:60] += ACTIONS - 1 + np.arange(60) % 3
        fitted = replace(setting, epochs=2).fit(dataset, end)
        found.append(fitted.scores(single_requests(dataset, np.arange(60), end[:60])))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("setting", ALL, ids=named)
def test_any_history_gets_scores_that_its_neighbours_in_the_batch_do_not_touch(shop, walks, setting) -> None:
    rows = [*rows_of(walks), *journey(90, [3]), *journey(91, [2, 4]), *journey(92, walk(0, 15))]
    dataset = shop(rows)
    events = np.asarray(dataset.columns.offsets[1:])[57:] - 1  # 90 has no history, 91 one action, 92 fourteen
    asked = single_requests(dataset, np.arange(57, 63), events)
    end = np.asarray(dataset.columns.offsets[1:]).copy()
    end[60:] = dataset.columns.offsets[60:-1]
    fitted = replace(setting, epochs=2).fit(dataset, end)
    whole = fitted.scores(asked)
    parts = [fitted.scores(asked.part(n, n + 1)) for n in range(len(asked))]
    assert np.isfinite(whole).all()
    assert whole.shape == (6, NUM_ITEMS)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_nothing_to_learn_from_is_an_error_that_says_so(walks) -> None:
    with pytest.raises(EvaluationError, match="wanted actions to learn from, came none"):
        Gru4Rec().fit(walks, np.asarray(walks.columns.offsets[:-1]))


def rows_of(dataset):
    columns = dataset.columns
    return [
        {"customer_key": int(columns.customer_key[c]), "at_ms": int(t), "item_key": int(i)}
        for c, t, i in zip(columns.customer_of_event(), columns.at_ms, columns.item_key, strict=True)
    ]


def by_key(dataset, scores):
    return scores[:, np.argsort(dataset.catalog.item_key)]
