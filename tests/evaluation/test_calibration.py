import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from shopwindow.document import Document
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.calibration import calibration, normalised_entropy, reliability
from shopwindow.evaluation.calibration_page import calibration_section
from shopwindow.models.calibration import slope_and_intercept


def drawn(seed: int, n: int = 4000, slope: float = 1.0, shift: float = 0.0):
    """Predictions and outcomes whose true log-odds are shift + slope * logit(p)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-2, 1.5, n)
    p = 1 / (1 + np.exp(-x))
    outcome = (rng.random(n) < 1 / (1 + np.exp(-(shift + slope * x)))).astype(np.float64)
    return p, outcome


@given(st.integers(0, 500), st.floats(0.3, 2), st.floats(-1, 1))
def test_slope_and_intercept_are_those_of_an_unpenalised_logistic_regression(seed, slope, shift) -> None:
    p, outcome = drawn(seed, 400, slope, shift)
    x = np.log(p / (1 - p))
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x[:, None], outcome)
    assert slope_and_intercept(p, outcome) == pytest.approx(
        (float(fitted.coef_[0, 0]), float(fitted.intercept_[0])), abs=1e-3
    )


def test_honest_probabilities_have_slope_one_and_hardly_an_error() -> None:
    found = calibration("click", *drawn(1, 100_000))
    assert found.slope == pytest.approx(1, abs=0.03)
    assert found.intercept == pytest.approx(0, abs=0.05)
    assert found.ece_relative < 0.03
    assert found.normalised_entropy < 1


def test_too_extreme_predictions_have_a_slope_below_one_and_too_high_ones_a_negative_intercept() -> None:
    assert calibration("click", *drawn(2, 50_000, slope=0.5)).slope == pytest.approx(0.5, abs=0.03)
    assert calibration("click", *drawn(3, 50_000, shift=-1.0)).intercept == pytest.approx(-1, abs=0.06)


@given(st.integers(0, 500))
def test_the_reliability_curve_is_that_of_sklearn_with_quantile_bins(seed) -> None:
    p, outcome = drawn(seed, 300)  # 300 distinct predictions in 10 bins: 30 each
    found = reliability(p, outcome, bins=10)
    observed, predicted = calibration_curve(outcome, p, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.predicted, predicted)
    np.testing.assert_allclose(found.observed, observed)
    assert found.count.tolist() == [30] * 10


def test_normalised_entropy_is_the_ratio_of_two_log_losses() -> None:
    p, outcome = drawn(4)
    base = np.full(len(p), outcome.mean())
    assert normalised_entropy(p, outcome) == pytest.approx(log_loss(outcome, p) / log_loss(outcome, base))
    assert normalised_entropy(base, outcome) == pytest.approx(1)


def test_the_error_by_hand() -> None:
    # Ten times .2 with three positives, ten times .6 with six: bins (.2, .3) and (.6, .6); error (10 * .1 + 10 * 0) / 20.
    p = np.repeat([0.2, 0.6], 10)
    outcome = np.r_[np.repeat([1.0, 0.0], [3, 7]), np.repeat([1.0, 0.0], [6, 4])]
    found = calibration("click", p, outcome)
    assert found.ece == pytest.approx(0.05)
    assert found.ece_relative == pytest.approx(0.05 / 0.45)


def test_equal_predictions_stand_in_one_bin_and_have_no_slope() -> None:
    p, outcome = np.full(100, 0.1), np.repeat([1.0, 0.0], [20, 80])
    assert reliability(p, outcome).count.tolist() == [100]
    slope, intercept = slope_and_intercept(p, outcome)
    assert math.isnan(slope)
    assert intercept == pytest.approx(math.log(0.25) - math.log(1 / 9))


@pytest.mark.parametrize(
    ("p", "outcome", "came"),
    [
        ([0.5], [1.0, 0.0], r"\(1,\) and \(2,\)"),
        ([0.5, 1.5], [1.0, 0.0], "0.5 to 1.5"),
        ([0.5, 0.5], [1.0, 0.3], "0 or 1, came others"),
        ([0.5, 0.5], [1.0, 1.0], "2 equal ones"),
    ],
)
def test_what_is_no_probability_or_no_outcome_is_refused(p, outcome, came) -> None:
    with pytest.raises(EvaluationError, match=came):
        calibration("click", np.array(p), np.array(outcome))


def test_the_section_shows_a_curve_and_a_row_for_each_head() -> None:
    section = calibration_section({"click": drawn(5), "purchase": drawn(6, shift=-1.0)})
    html = Document(title="T", lead="", sections=(section,)).html()
    assert html.count("<tr>") == 1 + 2
    assert "purchase" in html
    assert "<svg" in html
