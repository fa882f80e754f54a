import numpy as np
import pytest

from shopwindow.baselines.item_knn import SIMILARITIES, ItemKnn
from shopwindow.datasets.requests import requests_of_events


def two_tastes(make_dataset):
    """Customers 0-3 want items 0 and 1, customers 4-7 items 2 and 3; customer 8 has seen only item 0."""
    rows = []
    for customer in range(8):
        first = 0 if customer < 4 else 2
        rows += [{"customer_key": customer, "at_ms": t, "item_key": first + t} for t in (0, 1)]
    rows += [{"customer_key": 8, "at_ms": 0, "item_key": 0}, {"customer_key": 8, "at_ms": 1, "item_key": 5}]
    return make_dataset(rows)


def scores_of(dataset, settings: ItemKnn, events) -> np.ndarray:
    train_end = np.asarray(dataset.columns.offsets[1:]).copy()
    train_end[8] -= 1
    found = settings.fit(dataset, train_end).scores(requests_of_events(dataset, np.array(events)))
    return found[:, np.argsort(dataset.catalog.item_key)]


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_what_others_wanted_together_comes_first(make_dataset, similarity) -> None:
    dataset = two_tastes(make_dataset)
    scores = scores_of(dataset, ItemKnn(similarity=similarity, own=False), [17])[0]
    assert scores.argmax() == 1
    assert scores[1] > 10 * scores[[2, 3, 4, 5]].max()


def test_cosine_is_shared_customers_over_the_root_of_both_counts(make_dataset) -> None:
    dataset = two_tastes(make_dataset)
    scores = scores_of(dataset, ItemKnn(own=False), [17])[0]
    assert scores[1] == pytest.approx(4 / np.sqrt(5 * 4), rel=1e-4)  # item 0 has five customers, item 1 four


def test_own_lets_an_item_of_the_history_return(make_dataset) -> None:
    dataset = two_tastes(make_dataset)
    assert scores_of(dataset, ItemKnn(own=True), [17])[0].argmax() == 0
    assert scores_of(dataset, ItemKnn(own=False), [17])[0, 0] < 1e-5


def test_the_weight_of_an_action_decays_with_every_step_back(make_dataset) -> None:
    rows = [{"customer_key": c, "at_ms": t, "item_key": 2 * (c % 2) + t} for c in range(8) for t in (0, 1)]
    rows += [{"customer_key": 8, "at_ms": t, "item_key": item} for t, item in enumerate((0, 2, 5))]
    dataset = make_dataset(rows)
    late = scores_of(dataset, ItemKnn(decay=0.5, own=False), [18])[0]
    assert late[1] / late[3] == pytest.approx(0.5, rel=1e-3)
    assert scores_of(dataset, ItemKnn(last=1, own=False), [18])[0, 1] < 1e-5


def test_without_a_history_popularity_decides(make_dataset) -> None:
    dataset = two_tastes(make_dataset)
    scores = scores_of(dataset, ItemKnn(), [0])[0]
    assert scores.argmax() == 0
    assert scores[0] > scores[1] > scores[4]
