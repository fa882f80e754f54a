import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from shopwindow.models.calibration import (
    HeadCalibration,
    Isotonic,
    Platt,
    isotonic,
    log_odds,
    platt,
    without_sampling,
)


def drawn(seed: int, n: int, slope: float = 1.0, shift: float = 0.0):
    """Predictions and outcomes whose true log-odds are shift + slope * logit(p)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-1, 1.5, n)
    truth = 1 / (1 + np.exp(-(shift + slope * x)))
    return 1 / (1 + np.exp(-x)), (rng.random(n) < truth).astype(np.float64), truth


def test_leaving_nine_of_ten_negatives_out_is_put_right_by_a_tenth() -> None:
    # Of 1 positive and 99 negatives 9.9 stay: 1 / 10.9 is read, 1 / 100 was true.
    assert without_sampling(np.array([1 / 10.9]), 0.1) == pytest.approx([1 / 100])
    assert without_sampling(np.array([0.0, 0.3, 1.0]), 1.0) == pytest.approx([0, 0.3, 1])


def test_platt_finds_the_line_on_log_odds() -> None:
    p, outcome, truth = drawn(0, 50_000, slope=0.5, shift=-1.0)
    found = platt(p, outcome)
    assert (found.slope, found.intercept) == pytest.approx((0.5, -1.0), abs=0.05)
    assert np.abs(found.calibrated(p) - truth).max() < 0.02


def test_platt_moves_equal_predictions_to_the_base_rate() -> None:
    found = platt(np.full(10, 0.5), np.r_[np.ones(2), np.zeros(8)])
    assert found.calibrated(np.array([0.5])) == pytest.approx([2 / 10])


@given(st.integers(0, 500), st.integers(1, 60))
def test_isotonic_agrees_with_sklearn_at_every_prediction(seed, n) -> None:
    rng = np.random.default_rng(seed)
    p, outcome = rng.integers(1, 20, n) / 20, rng.integers(0, 2, n).astype(np.float64)
    expected = IsotonicRegression().fit(p, outcome).predict(p)
    found = isotonic(p, outcome)
    np.testing.assert_allclose(found.calibrated(p), expected, atol=1e-9)
    assert found.calibrated(np.array([0.0, 1.0])) == pytest.approx([expected.min(), expected.max()])


@pytest.mark.parametrize(
    "curve", [Platt(slope=0.5, intercept=-1.0), Isotonic(p=(0.1, 0.9), value=(0.0, 0.5))]
)
def test_a_calibrated_head_keeps_its_order_and_what_is_not_known(curve) -> None:
    head = HeadCalibration(kept=0.2, curve=curve)
    found = head.calibrated(np.array([0.2, 0.4, 0.8, np.nan]))
    assert (np.diff(found[:3]) >= 0).all()
    assert np.isnan(found[3])


def test_log_odds_are_finite_everywhere() -> None:
    assert log_odds(np.array([0.5])) == pytest.approx([0])
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
