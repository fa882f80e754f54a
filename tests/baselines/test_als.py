import numpy as np
import pytest

from shopwindow.baselines.als import Als
from shopwindow.datasets.requests import requests_of_events


def test_a_history_becomes_the_vector_that_solves_its_own_least_squares(make_dataset, two_tastes) -> None:
    rows = [
        *two_tastes,
        *({"customer_key": 9, "at_ms": 100 + t, "item_key": i} for t, i in enumerate((0, 5))),
    ]
    dataset = make_dataset(rows)
    train_end = np.asarray(dataset.columns.offsets[1:]).copy()
    train_end[-1] -= 2
    fitted = Als(factors=3, l2=0.1, alpha=4.0).fit(dataset, train_end)
    scores = fitted.scores(requests_of_events(dataset, np.array([13])))[0]
    items, wanted = fitted.model.item_factors, np.flatnonzero(dataset.catalog.item_key == 0)[0]
    left = items.T @ items + 0.1 * np.eye(3) + (4.0 - 1) * np.outer(items[wanted], items[wanted])
    assert scores == pytest.approx(items @ np.linalg.solve(left, 4.0 * items[wanted]), abs=1e-4)


def test_what_was_wanted_with_it_comes_before_the_other_taste(make_dataset, scores_after, two_tastes) -> None:
    scores = scores_after(make_dataset, two_tastes, Als(factors=4), [2])
    assert min(scores[[2, 3]]) > max(scores[[0, 1]]) + 0.1
