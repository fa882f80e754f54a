import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from shopwindow.evaluation import exposure

shown_counts = st.lists(st.integers(0, 9), min_size=2, max_size=9).filter(any).map(np.array)


def test_exposure_figures_by_hand() -> None:
    shown = exposure.exposure(np.array([[0, 1], [0, -1]], dtype=np.int32), num_items=4)
    assert shown.tolist() == [2, 1, 0, 0]
    assert exposure.coverage(shown) == 2 / 4
    assert exposure.effective_size(shown) == pytest.approx(
        math.exp(-(2 / 3 * math.log(2 / 3) + math.log(1 / 3) / 3))
    )
    # Gini = sum of (2 i - n - 1) x_i / (n * sum): (-3*0 - 1*0 + 1*1 + 3*2) / (4 * 3)
    assert exposure.gini(shown) == pytest.approx(7 / 12)
    counts = np.array([0, 9, 1, 1], dtype=np.float32)
    assert exposure.tail_share(shown, counts, head=0.25) == pytest.approx(2 / 3)  # item 1 is the head


@given(shown_counts)
def test_gini_is_half_the_relative_mean_difference(shown) -> None:
    differences = np.abs(shown[:, None] - shown[None, :]).mean()
    assert exposure.gini(shown) == pytest.approx(differences / (2 * shown.mean()), abs=1e-12)


@given(shown_counts)
def test_the_effective_size_lies_between_one_and_all_that_was_shown(shown) -> None:
    assert 1 <= exposure.effective_size(shown) <= (shown > 0).sum() + 1e-9


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=2, max_size=9))
def test_popularity_of_what_was_shown_is_the_mean_place_of_each_exposure(items) -> None:
    shown, counts = (np.array(column) for column in zip(*items, strict=True))
    found = exposure.popularity_of_shown(shown, counts)
    if not shown.sum():
        assert math.isnan(found)
        return
    place = (rankdata(counts) - 1) / (len(counts) - 1)
    assert found == pytest.approx(np.repeat(place, shown).mean())
