import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.datasets.requests import requests_of_events
from shopwindow.errors import ContractError
from shopwindow.evaluation.metrics import MISSED
from shopwindow.evaluation.ranking import candidates, first_places, order_keys, ranks_of, tie_order


def rows_of(dataset, keys) -> list[int]:
    return np.argsort(dataset.catalog.item_key)[list(keys)].tolist()


def two_requests(make_dataset):
    """Customer 1 looks at items 0 to 3 and then wants item 2 and 4; customer 2 comes with nothing and wants 5."""
    rows = [{"customer_key": 1, "at_ms": t, "item_key": t} for t in range(4)]
    rows += [{"customer_key": 1, "at_ms": 9, "item_key": key, "category": "a/x"} for key in (2, 4)]
    rows += [{"customer_key": 2, "at_ms": 9, "item_key": 5}]
    dataset = make_dataset(rows)
    return dataset, requests_of_events(dataset, np.array([4, 5, 6]))


def test_leave_one_out_leaves_out_the_history(make_dataset) -> None:
    dataset, requests = two_requests(make_dataset)
    allowed = candidates(dataset, requests, "leave-one-out")
    assert np.flatnonzero(allowed[0]).tolist() == sorted(rows_of(dataset, (4, 5)))
    assert allowed[1].all()


def test_browsing_shows_the_subtree_by_any_path(make_dataset) -> None:
    dataset, requests = two_requests(make_dataset)
    allowed = candidates(dataset, requests, "temporal-browse")
    assert np.flatnonzero(allowed[0]).tolist() == sorted(rows_of(dataset, (0, 1, 5)))  # item 5 is also in a/x
    assert allowed[1].all()  # no category is known: the whole shop


def test_items_of_the_future_are_no_candidates(make_dataset) -> None:
    dataset, requests = two_requests(make_dataset)
    dataset.catalog.first_seen_ms[rows_of(dataset, [3])] = 10
    allowed = candidates(dataset, requests, "temporal")
    assert not allowed[:, rows_of(dataset, [3])].any()
    assert allowed.sum() == 2 * 5
    dataset.catalog.first_seen_ms[:] = 0


def test_ranks_count_candidates_above(make_dataset) -> None:
    dataset, requests = two_requests(make_dataset)
    scores = np.zeros((2, 6), dtype=np.float32)
    scores[:, rows_of(dataset, range(6))] = [6, 5, 4, 3, 2, 1]
    tie = tie_order(6, seed=0)
    keys = order_keys(scores, candidates(dataset, requests, "temporal"), tie)
    wanted = dataset.catalog.item_key[requests.truth_rows].tolist()
    assert dict(zip(wanted, ranks_of(keys, requests), strict=True)) == {2: 2, 4: 4, 5: 5}
    keys = order_keys(scores, candidates(dataset, requests, "leave-one-out"), tie)
    assert dict(zip(wanted, ranks_of(keys, requests), strict=True)) == {2: MISSED, 4: 0, 5: 5}


def test_equal_scores_are_ordered_by_a_fixed_random_order_not_by_index() -> None:
    scores, allowed = np.zeros((2, 50), dtype=np.float32), np.ones((2, 50), dtype=np.bool_)
    scores[1] = -0.0
    one = first_places(order_keys(scores, allowed, tie_order(50, seed=1)), 50)
    assert one[0].tolist() == one[1].tolist()
    assert sorted(one[0]) == list(range(50))
    assert one[0].tolist() not in (list(range(50)), list(range(49, -1, -1)))
    assert one[0].tolist() != first_places(order_keys(scores, allowed, tie_order(50, seed=2)), 50)[0].tolist()


@given(
    scores=st.lists(st.floats(-5, 5, width=32) | st.just(-np.inf), min_size=1, max_size=30),
    k=st.integers(1, 40),
    seed=st.integers(0, 9),
)
def test_first_places_are_the_sorted_candidates(scores, k, seed) -> None:
    values = np.array([scores], dtype=np.float32)
    allowed = np.random.default_rng(seed).random(values.shape) < 0.7
    tie = tie_order(len(scores), seed)
    expected = sorted(np.flatnonzero(allowed[0]), key=lambda i: (-values[0, i], -tie[i]))[:k]
    found = first_places(order_keys(values, allowed, tie), k)[0]
    assert found.tolist() == expected + [-1] * (k - len(expected))


def test_scores_of_the_wrong_shape_or_without_a_number_are_refused() -> None:
    allowed = np.ones((1, 3), dtype=np.bool_)
    with pytest.raises(ContractError, match="one column per item"):
        order_keys(np.zeros((1, 2), dtype=np.float32), allowed, tie_order(3, 0))
    with pytest.raises(ContractError, match="NaN"):
        order_keys(np.array([[1, np.nan, 2]], dtype=np.float32), allowed, tie_order(3, 0))
