import numpy as np
import pytest

from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate
from shopwindow.training.validation import ndcg_at_10


class Drawn:
    """An order of all items by chance, another one for each customer, without ties."""

    name = "drawn"

    def __init__(self, num_items):
        self.num_items = num_items

    def scores(self, requests):
        drawn = [np.random.default_rng(key).permutation(self.num_items) for key in requests.customer.tolist()]
        return np.stack(drawn).astype(np.float32)


@pytest.mark.parametrize(("protocol", "exclude_seen"), [("temporal", False), ("leave-one-out", True)])
def test_early_stopping_looks_at_the_ndcg_that_evaluation_reports(dataset, protocol, exclude_seen) -> None:
    requests = make_split(dataset, SplitSpec(kind=protocol)).test
    model = Drawn(dataset.num_items)
    expected = evaluate(model, dataset, requests, EvaluationOptions(protocol=protocol)).mean("ndcg@10")
    assert 0 < expected < 1
    assert ndcg_at_10(model, dataset, requests, exclude_seen) == pytest.approx(expected)
