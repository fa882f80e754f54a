"""Repeated values are found exactly, whatever shares a slot."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shopwindow.ingest import repeats
from shopwindow.ingest.repeats import repeated_values


def counted(values: np.ndarray) -> list[int]:
    """The same by counting."""
    distinct, times = np.unique(values, return_counts=True)
    return list(distinct[times > 1])


@given(arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 40)))
def test_values_that_occur_more_than_once_are_found_each_once(values: np.ndarray) -> None:
    assert repeated_values(values).tolist() == counted(values)


@given(arrays(np.int64, st.integers(0, 60), elements=st.sampled_from([1, 1 + 2**40, 2**61, 7])))
def test_different_values_of_one_slot_are_told_apart(values: np.ndarray) -> None:
    assert repeated_values(values).tolist() == counted(values)


def test_a_value_is_found_again_in_a_later_piece() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**62, 2 * repeats.AT_ONCE + 10)
    values[-1] = values[3]
    assert repeated_values(values).tolist() == [values[3]]
