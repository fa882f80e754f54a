import pytest

from shopwindow.baselines.pure_svd import PureSvd


def test_items_of_one_direction_share_what_speaks_for_either(make_dataset, scores_after, two_tastes) -> None:
    scores = scores_after(make_dataset, two_tastes, PureSvd(factors=2), [0])
    assert scores[[0, 1]] == pytest.approx(0.5, rel=1e-4)  # V = (1, 1)/√2 for items 0 and 1: 1 · 1/√2 · 1/√2
    assert scores[[2, 3, 4, 5]] == pytest.approx(0, abs=1e-5)


def test_one_factor_knows_the_larger_taste_alone(make_dataset, scores_after, two_tastes) -> None:
    scores = scores_after(make_dataset, two_tastes, PureSvd(factors=1), [0, 2])
    assert scores[[0, 1]] == pytest.approx(0.5, rel=1e-4)
    assert scores[[2, 3]] == pytest.approx(0, abs=1e-5)
