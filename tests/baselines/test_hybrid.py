from dataclasses import dataclass

import numpy as np
import pytest

from shopwindow.baselines.ease import Ease
from shopwindow.baselines.hybrid import FittedHybrid, Hybrid, from_0_to_1
from shopwindow.baselines.item_knn import ItemKnn
from shopwindow.baselines.popularity import Popularity
from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate


@dataclass(frozen=True, eq=False)
class Fixed:
    values: list[list[float]]
    name: str = "fixed"

    def scores(self, requests):
        return np.array(self.values, dtype=np.float32)


@pytest.fixture(scope="module")
def shop(make_dataset):
    rng, rows = np.random.default_rng(0), []
    for t in range(600):
        customer = int(rng.integers(30))
        item = int(rng.integers(3)) + 3 * (customer % 2)
        rows.append({"customer_key": customer, "at_ms": t * 1000, "item_key": item})
    return make_dataset(rows)


@pytest.mark.parametrize("part", [ItemKnn(), Ease(), Popularity()])
def test_with_one_weight_a_hybrid_ranks_as_that_baseline(shop, part) -> None:
    split = make_split(shop, SplitSpec())
    hybrid = Hybrid(parts=(part,), weights=(1.0,))
    alone, blended = (
        evaluate(each.fit(shop, split.before_test), shop, split.test, EvaluationOptions())
        for each in (part, hybrid)
    )
    np.testing.assert_array_equal(alone.values["ndcg@6"], blended.values["ndcg@6"])


def test_scores_are_weighed_after_each_was_brought_to_the_same_range() -> None:
    parts = (Fixed([[0.0, 5.0, 10.0]]), Fixed([[300.0, 100.0, 100.0]]))
    scores = FittedHybrid("hybrid", parts, (0.75, 0.25)).scores(None)
    assert scores[0].tolist() == [0.25 * 1, 0.75 * 0.5, 0.75 * 1]


def test_equal_scores_say_nothing() -> None:
    assert from_0_to_1(np.array([[7.0, 7.0], [1.0, 3.0]], dtype=np.float32)).tolist() == [[0, 0], [0, 1]]
