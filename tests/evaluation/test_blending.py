import numpy as np
import pytest

from shopwindow.baselines.item_knn import ItemKnn
from shopwindow.baselines.popularity import Popularity
from shopwindow.baselines.space import Space
from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.blending import Listed, blended, selected
from shopwindow.evaluation.comparison import exam_of
from shopwindow.evaluation.protocol import evaluate
from shopwindow.evaluation.tuning import Tuned, TuningPlan, tried


@pytest.fixture(scope="module")
def exam(make_dataset):
    """Half of the customers' wishes follow their taste, half of them everybody's."""
    rng, rows = np.random.default_rng(0), []
    for t in range(900):
        customer = int(rng.integers(40))
        item = 3 if rng.random() < 0.5 else int(rng.integers(2)) + 4 * (customer % 2)
        rows.append({"customer_key": customer, "at_ms": t * 1000, "item_key": item})
    return exam_of(make_dataset(rows), SplitSpec(), "temporal")


def one_setting(exam, setting) -> Tuned:
    space = Space(make=type(setting), starts=(setting,))
    return Tuned(space, tuple(tried(space, exam, TuningPlan(trials=1), lambda: 0.0)))


@pytest.fixture(scope="module")
def listed(exam) -> Listed:
    """Two requests over items 0, 1, 2: the first baseline is right on one, the second on the other."""
    requests = exam.requests.part(0, 2)
    rows = np.stack([np.array([row, (row + 1) % 6, (row + 2) % 6]) for row in requests.truth_rows])
    right, wrong = [1.0, 0.4, 0.0], [0.8, 1.0, 0.0]
    return Listed(
        rows.astype(np.int32), np.array([[right, wrong], [wrong, right]], dtype=np.float32), requests
    )


def test_the_value_is_the_ndcg_of_the_order(listed) -> None:
    assert listed.value(listed.scores[0]) == pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert listed.value(listed.scores[0] + listed.scores[1]) == 1


def test_baselines_that_complete_one_another_are_both_chosen(listed) -> None:
    assert selected(listed).tolist() == [1, 1]


def test_a_baseline_that_helps_nothing_gets_no_weight(listed) -> None:
    both = listed.scores[0] + listed.scores[1]
    noise = 1 - both
    assert selected(Listed(listed.rows, np.stack([noise, both]), listed.requests)).tolist() == [0, 1]


def test_a_blend_is_no_worse_on_validation_than_the_best_of_its_parts(exam) -> None:
    found = [one_setting(exam, ItemKnn(own=False, last=3)), one_setting(exam, Popularity())]
    blend = blended(found, exam, TuningPlan())
    hybrid = blend.hybrid
    value = evaluate(
        hybrid.fit(exam.dataset, exam.split.train_end), exam.dataset, exam.split.valid, exam.options
    ).mean("ndcg@10")
    assert value >= max(each.best.value for each in found) - 1e-6
    assert value == pytest.approx(blend.value)
    assert sum(hybrid.weights) == pytest.approx(1)


def test_nothing_to_blend_is_refused(exam) -> None:
    with pytest.raises(EvaluationError, match="came none"):
        blended([], exam, TuningPlan())
