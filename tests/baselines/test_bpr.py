import numpy as np
import pytest
from scipy.sparse import csr_matrix

from shopwindow.baselines.bpr import Bpr, shares
from shopwindow.datasets.requests import requests_of_events


@pytest.fixture(scope="module")
def tastes():
    """Twenty customers of either taste."""
    return [
        {"customer_key": customer, "at_ms": 10 * customer + place, "item_key": 2 * (customer % 2) + place}
        for customer in range(40)
        for place in (0, 1)
    ]


def test_what_was_wanted_with_it_comes_before_the_other_taste(make_dataset, scores_after, tastes) -> None:
    for history, own, other in (([0], [0, 1], [2, 3]), ([2], [2, 3], [0, 1])):
        scores = scores_after(make_dataset, tastes, Bpr(factors=4, pairs=20_000), history)
        assert min(scores[own]) > max(scores[other])


def test_a_score_is_the_mean_of_the_history_folded_in_times_the_item_plus_its_bias(
    make_dataset, tastes
) -> None:
    dataset = make_dataset(tastes)
    fitted = Bpr(factors=4, pairs=20_000).fit(dataset, np.asarray(dataset.columns.offsets[1:]))
    scores = fitted.scores(requests_of_events(dataset, np.array([1])))[0]
    row = np.flatnonzero(dataset.catalog.item_key == 0)[0]
    assert scores == pytest.approx(fitted.item @ (fitted.item[row] @ fitted.fold_in) + fitted.bias, abs=1e-4)


def test_shares_sum_to_one_and_empty_rows_stay_empty() -> None:
    assert shares(csr_matrix([[1.0, 3.0], [0.0, 0.0]])).toarray().tolist() == [[0.25, 0.75], [0.0, 0.0]]
