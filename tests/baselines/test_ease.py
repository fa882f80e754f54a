import numpy as np
import pytest

from shopwindow.baselines.ease import Ease, inverse
from shopwindow.errors import EvaluationError


def test_of_two_items_always_wanted_together_one_speaks_for_the_other(
    make_dataset, scores_after, two_tastes
) -> None:
    scores = scores_after(make_dataset, two_tastes, Ease(l2=2.0), [0])
    assert scores[1] == pytest.approx(4 / (4 + 2.0), rel=1e-4)  # G = [[4, 4], [4, 4]]; B = G01 / (G00 + l2)
    assert scores[[0, 2, 3, 4, 5]] == pytest.approx(0, abs=1e-5)  # no item speaks for itself


def test_the_weight_of_an_item_decays_with_every_step_back(make_dataset, scores_after, two_tastes) -> None:
    scores = scores_after(make_dataset, two_tastes, Ease(l2=2.0, decay=0.5), [0, 2])
    assert scores[1] == pytest.approx(0.5 * 4 / 6, rel=1e-4)
    assert scores[3] == pytest.approx(2 / (2 + 2.0), rel=1e-4)


def test_the_inverse_of_half_a_matrix_is_whole() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(40, 40))
    positive = (root @ root.T + 40 * np.eye(40)).astype(np.float32)
    np.testing.assert_allclose(inverse(positive.copy()) @ positive, np.eye(40), atol=1e-4)


def test_a_catalogue_too_large_is_refused_with_what_to_do(make_dataset, two_tastes) -> None:
    dataset = make_dataset(two_tastes)
    with pytest.raises(EvaluationError, match=r"at most 5 items, came 6.*use als or item-knn"):
        Ease(most_items=5).fit(dataset, np.asarray(dataset.columns.offsets[1:]))
