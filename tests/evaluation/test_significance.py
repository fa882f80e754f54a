import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, ttest_rel

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.significance import (
    bootstrap_means,
    holm,
    mean_interval,
    paired_difference,
    paired_t_test,
)


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


def test_the_bootstrap_claims_no_more_than_its_thousand_draws_can_tell() -> None:
    found = paired_difference(np.arange(9.0) + 1, np.arange(9.0), np.arange(9, dtype=np.int32))
    assert found.p == 2 * (0 + 1) / (1000 + 1)  # two sides; the difference seen is a draw, too


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


@given(st.integers(0, 999), st.integers(2, 40))
def test_with_one_request_per_customer_the_t_test_is_scipys_paired_one(seed, n) -> None:
    ours, theirs = np.random.default_rng(seed).normal(size=(2, n))
    found = paired_t_test(ours, theirs, np.arange(n, dtype=np.int32))
    reference = ttest_rel(ours, theirs)
    assert (found.t, found.degrees) == (pytest.approx(reference.statistic), n - 1)
    assert found.p == pytest.approx(reference.pvalue)


def test_the_t_test_and_the_bootstrap_agree_on_customers_of_different_size() -> None:
    rng = np.random.default_rng(3)
    requests = rng.integers(1, 20, 2000)
    customer = np.repeat(np.arange(2000, dtype=np.int32), requests)
    ours = np.repeat(rng.normal(0.02, 0.3, 2000), requests) + rng.normal(0, 1, len(customer))
    theirs = np.zeros(len(customer))
    draws = bootstrap_means((ours - theirs)[:, None], customer, 0)[:, 0]
    assert paired_t_test(ours, theirs, customer).standard_error == pytest.approx(draws.std(), rel=0.1)


def test_requests_of_one_customer_are_no_evidence_of_their_own() -> None:
    # 10 customers, each request 100 times over: t and p are those of 10 values, not of 1,000.
    ours = np.random.default_rng(4).normal(0.1, 1, 10)
    few = paired_t_test(ours, np.zeros(10), np.arange(10, dtype=np.int32))
    many = paired_t_test(np.repeat(ours, 100), np.zeros(1000), np.repeat(np.arange(10, dtype=np.int32), 100))
    assert many.p == pytest.approx(few.p)


def test_no_difference_has_p_one_and_a_single_customer_none() -> None:
    same, two = np.ones(4), np.array([0, 0, 1, 1], dtype=np.int32)
    assert paired_t_test(same, same, two).p == 1
    assert paired_t_test(same, same - 1, two).p == 0
    assert math.isnan(paired_t_test(same, same - 1, np.zeros(4, dtype=np.int32)).p)


probabilities = st.lists(st.floats(0.0001, 1), min_size=1, max_size=8)


@given(probabilities, st.floats(0.001, 0.999))
def test_holm_rejects_what_the_step_down_procedure_rejects(p, alpha) -> None:
    assume(all(abs((m + 1) * each - alpha) > 1e-9 for m in range(len(p)) for each in p))
    rejected = set()
    for step, place in enumerate(sorted(range(len(p)), key=lambda place: p[place])):
        if p[place] > alpha / (len(p) - step):
            break
        rejected.add(place)
    assert {place for place, adjusted in enumerate(holm(p)) if adjusted <= alpha} == rejected


@given(probabilities)
def test_holm_lies_between_the_false_discovery_rate_and_bonferroni(p) -> None:
    found = np.array(holm(p))
    assert (found <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()
    assert (found >= false_discovery_control(p) - 1e-12).all()


def test_values_of_different_requests_are_refused() -> None:
    with pytest.raises(EvaluationError, match="same requests, came 2 and 3"):
        paired_difference(np.zeros(2), np.zeros(3), np.zeros(2, dtype=np.int32))
