import itertools
from dataclasses import replace

import numpy as np
import pytest

from shopwindow.baselines.gbt import Gbt
from shopwindow.baselines.shortlist import shortlist
from shopwindow.datasets.requests import requests_of_events
from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate

QUICK = Gbt(rounds=20, num_leaves=4, min_leaf=2, quota=2)


@pytest.fixture(scope="module")
def shop(make_dataset):
    """Customers want again what they wanted last, an item of their own each."""
    rng = np.random.default_rng(0)
    rows = [
        {"customer_key": c, "at_ms": 1000 * t + c, "item_key": int(rng.integers(6)) if t % 4 == 0 else -1}
        for c in range(20)
        for t in range(24)
    ]
    for before, row in itertools.pairwise(rows):
        if row["item_key"] < 0:
            row["item_key"] = before["item_key"]
    return make_dataset(rows)


def test_trees_learn_that_the_last_item_is_wanted_again(shop) -> None:
    split = make_split(shop, SplitSpec())
    fitted = QUICK.fit(shop, split.before_test)
    outcome = evaluate(fitted, shop, split.test, EvaluationOptions())
    again = shop.item_row[split.test.history_end - 1] == split.test.truth_rows
    assert outcome.values["ndcg@6"][again].mean() > 0.95


def test_items_off_the_shortlist_come_after_it_by_popularity(shop) -> None:
    split = make_split(shop, SplitSpec())
    fitted = QUICK.fit(shop, split.before_test)
    scores, rows = fitted.scores(split.test), fitted.shortlist.candidates(split.test)
    for each, listed in zip(scores, rows, strict=True):
        inside = np.unique(listed[listed >= 0])
        outside = np.setdiff1d(np.arange(6), inside)
        assert each[inside].min() >= 1 > each[outside].max(initial=0.0)
        np.testing.assert_array_equal(each[outside], fitted.popular[outside])


def test_asked_for_all_beforehand_the_answers_are_the_same(shop) -> None:
    split = make_split(shop, SplitSpec())
    fitted = QUICK.fit(shop, split.before_test)
    part = split.test.part(3, 9)
    np.testing.assert_allclose(fitted.for_all(split.test).scores(part), fitted.scores(part), atol=1e-6)


def test_the_shortlist_is_the_history_and_the_first_of_each_source(make_dataset) -> None:
    rows = [
        {"customer_key": c, "at_ms": c, "item_key": item} for c in range(6) for item in (4, 5)[: 1 + c % 2]
    ]
    rows += [{"customer_key": 9, "at_ms": 50 + t, "item_key": item} for t, item in enumerate((0, 4, 1))]
    dataset = make_dataset(rows)
    before = np.asarray(dataset.columns.offsets[1:]).copy()
    before[-1] -= 3
    request = requests_of_events(dataset, np.array([dataset.columns.num_events - 1]))
    dataset = replace(dataset, catalog=replace(dataset.catalog, first_seen_ms=np.full(6, -1)))
    rows = shortlist(dataset, before, quota=2).candidates(request)[0]
    found = dataset.catalog.item_key[rows[rows >= 0]]
    assert len(found) == len(set(found.tolist()))
    assert {0, 4, 5} <= set(found.tolist())  # 0 and 4 of the history, 5 wanted by those who want 4
    new = np.where(
        dataset.catalog.item_key == 5, request.at_ms[0], -1
    )  # there at this very moment: the answer
    dataset = replace(dataset, catalog=replace(dataset.catalog, first_seen_ms=new))
    rows = shortlist(dataset, before, quota=2).candidates(request)[0]
    assert 5 not in dataset.catalog.item_key[rows[rows >= 0]]


def test_a_log_without_times_is_refused(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": c, "at_ms": 7, "item_key": c % 6} for c in range(12)])
    with pytest.raises(EvaluationError, match="training events at different times"):
        QUICK.fit(dataset, np.asarray(dataset.columns.offsets[1:]))
