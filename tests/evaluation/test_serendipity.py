import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.evaluation.metrics import Ranks
from shopwindow.evaluation.serendipity import most_popular, popular_among, serendipity


def test_only_what_was_wanted_and_not_expected_counts() -> None:
    ranks = Ranks(
        request=np.array([0, 0, 0, 1]),
        rank=np.array([0, 2, 8, 1]),
        gain=np.ones(4, dtype=np.float32),
        num_candidates=np.array([10, 10]),
    )
    expected = np.array([True, False, False, True])
    assert serendipity(ranks, expected, 5).tolist() == pytest.approx(
        [1 / 5, 0]
    )  # the item at rank 2; nothing


def test_popularity_orders_by_counts_and_ties_by_the_tie_order() -> None:
    assert most_popular(np.array([3, 9, 3, 0]), np.array([0, 1, 2, 3])).tolist() == [1, 2, 0, 3]


@given(st.integers(0, 999), st.integers(1, 5))
def test_the_popular_are_the_first_candidates_in_order(seed, k) -> None:
    rng = np.random.default_rng(seed)
    allowed, order = rng.random((3, 12)) < 0.4, rng.permutation(12)
    found = popular_among(allowed, order, k)
    for request in range(3):
        assert np.flatnonzero(found[request]).tolist() == sorted(
            [row for row in order.tolist() if allowed[request, row]][:k]
        )


def test_it_looks_past_the_first_thousands_where_a_category_is_small() -> None:
    allowed = np.zeros((1, 50_000), dtype=bool)
    allowed[0, 49_990:] = True
    found = popular_among(allowed, np.arange(50_000), 3)
    assert np.flatnonzero(found).tolist() == [49_990, 49_991, 49_992]
