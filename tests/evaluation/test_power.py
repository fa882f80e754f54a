import numpy as np
import pytest

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.power import customers_needed, detectable
from shopwindow.evaluation.significance import TTest, paired_t_test

TEST = TTest(standard_error=0.01, t=1.0, degrees=399, p=0.3)


def test_the_detectable_difference_is_2_8_standard_errors() -> None:
    assert detectable(TEST) == pytest.approx((1.95996 + 0.84162) * 0.01, rel=1e-5)


def test_half_the_difference_needs_four_times_the_customers() -> None:
    assert customers_needed(TEST, detectable(TEST)) == 400
    assert customers_needed(TEST, detectable(TEST) / 2) == 1600
    assert customers_needed(TEST, -detectable(TEST)) == 400


def test_many_comparisons_ask_for_more() -> None:
    assert detectable(TEST, comparisons=6) > detectable(TEST)
    with pytest.raises(EvaluationError, match="came 0"):
        customers_needed(TEST, 0.0)


def test_a_true_difference_of_that_size_is_found_four_times_in_five() -> None:
    rng, customer = np.random.default_rng(0), np.arange(200, dtype=np.int32)
    expected = TTest(standard_error=1 / np.sqrt(200), t=0, degrees=199, p=1)
    ours = rng.normal(detectable(expected), 1, (1000, 200))
    found = [paired_t_test(each, np.zeros(200), customer).p < 0.05 for each in ours]
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)
