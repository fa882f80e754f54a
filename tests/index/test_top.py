import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwindow.index.top import SAMPLE, near_best


def plainly(scores: np.ndarray, allowed: np.ndarray | None, limit: int, slack: float) -> list[int]:
    places = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    if len(places) <= limit:
        return places.tolist()
    bar = float(np.sort(scores[places])[-limit]) - slack
    return places[scores[places] >= bar].tolist()


@given(
    st.lists(st.integers(-5, 5), max_size=60),
    st.integers(1, 70),
    st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    st.integers(0, 2**32 - 1),
)
def test_short_lists_equal_a_full_sort(values: list[int], limit: int, slack: float, seed: int) -> None:
    scores = np.array(values, dtype=np.float32)
    allowed = np.random.default_rng(seed).random(len(scores)) < 0.7
    assert near_best(scores, None, limit, slack).tolist() == plainly(scores, None, limit, slack)
    assert near_best(scores, allowed, limit, slack).tolist() == plainly(scores, allowed, limit, slack)


@pytest.mark.parametrize("limit", [1, 10, 500, 5_000])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.01, 0.0])
@pytest.mark.parametrize("shape", ["normal", "ascending", "descending", "few values", "one value", "spike"])
def test_long_lists_equal_a_full_sort_whatever_their_shape(limit: int, share: float, shape: str) -> None:
    rng = np.random.default_rng(3)
    size = SAMPLE * 9 + 5
    scores = {
        "normal": rng.standard_normal(size),
        "ascending": np.linspace(-1, 1, size),
        "descending": np.linspace(1, -1, size),
        "few values": rng.integers(0, 4, size),
        "one value": np.zeros(size),
        "spike": np.where(np.arange(size) % 9 == 0, 5.0, rng.standard_normal(size)),
    }[shape].astype(np.float32)
    allowed = None if share == 1.0 else rng.random(size) < share
    for slack in (0.0, 0.01):
        assert near_best(scores, allowed, limit, slack).tolist() == plainly(scores, allowed, limit, slack)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_a_sample_that_misleads_costs_time_and_no_place(seed: int) -> None:
    """Every place the sample looks at holds a large score, all others small ones."""
    rng = np.random.default_rng(seed)
    size = SAMPLE * 8
    stride = (size // SAMPLE) | 1
    scores = rng.random(size, dtype=np.float32)
    scores[:: stride * 50] += 10  # 145 large scores, each one seen by the sample
    assert near_best(scores, None, 500, 0.0).tolist() == plainly(scores, None, 500, 0.0)
