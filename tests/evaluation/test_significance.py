import numpy as np
import pytest

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.significance import bootstrap_means, holm, mean_interval, paired_difference


def test_the_interval_covers_the_true_mean_about_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(100):
        values = rng.normal(3.0, 1.0, 80)
        found = mean_interval(values, np.arange(80, dtype=np.int32), seed)
        hits += found.low <= 3.0 <= found.high
    assert 88 <= hits <= 99  # 95 expected, standard deviation 2.2


def test_customers_not_requests_are_drawn() -> None:
    # 10 customers with 100 equal requests each: the interval must be that of 10 values, not of 1,000.
    of_customer = np.random.default_rng(1).normal(0, 1, 10)
    many = mean_interval(np.repeat(of_customer, 100), np.repeat(np.arange(10, dtype=np.int32), 100))
    few = mean_interval(of_customer, np.arange(10, dtype=np.int32))
    assert many.high - many.low == pytest.approx(few.high - few.low, rel=1e-9)


def test_a_paired_difference_is_decided_where_unpaired_intervals_overlap() -> None:
    rng = np.random.default_rng(2)
    theirs = rng.normal(0, 10, 500)
    ours = theirs + rng.normal(0.2, 0.5, 500)
    found = paired_difference(ours, theirs, np.arange(500, dtype=np.int32))
    assert found.decided
    assert found.p <= 0.01
    assert found.value == pytest.approx(ours.mean() - theirs.mean())
    same = paired_difference(theirs, theirs, np.arange(500, dtype=np.int32))
    assert not same.decided
    assert same.p == 1


def test_requests_where_a_metric_does_not_apply_are_left_out() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan])
    found = mean_interval(values, np.arange(4, dtype=np.int32))
    assert (found.value, found.n) == (2.0, 2)
    assert 1 <= found.low <= found.high <= 3


def test_equal_seeds_give_equal_draws_and_one_customer_no_width() -> None:
    values, customer = np.arange(6.0)[:, None], np.array([0, 0, 1, 1, 2, 2], dtype=np.int32)
    np.testing.assert_array_equal(bootstrap_means(values, customer, 5), bootstrap_means(values, customer, 5))
    assert (bootstrap_means(values, np.zeros(6, dtype=np.int32), 0) == 2.5).all()


def test_holm_multiplies_the_smallest_by_the_number_of_comparisons() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([3 * 0.01, 2 * 0.03, 2 * 0.03])
    assert holm([0.5, 0.9]) == [1.0, 1.0]


def test_values_of_different_requests_are_refused() -> None:
    with pytest.raises(EvaluationError, match="same requests, came 2 and 3"):
        paired_difference(np.zeros(2), np.zeros(3), np.zeros(2, dtype=np.int32))
