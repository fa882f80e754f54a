import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.features.windowed.key_table import NOTHING, KeyTable

KEYS = st.integers(0, 2**63 - 1) | st.integers(0, 40)


@given(
    batches=st.lists(st.lists(KEYS, max_size=50, unique=True), max_size=8), asked=st.lists(KEYS, max_size=20)
)
def test_every_key_finds_the_slot_that_it_was_put_in_with(batches: list[list[int]], asked: list[int]) -> None:
    table, expected = KeyTable(), dict[int, int]()
    for batch in batches:
        new = [key for key in batch if key not in expected]
        slots = np.arange(len(expected) + 1, len(expected) + 1 + len(new), dtype=np.int32)
        table.insert(np.array(new, dtype=np.int64), slots)
        expected |= dict(zip(new, slots.tolist(), strict=True))
    keys = np.array([*expected, *asked, -1], dtype=np.int64)
    assert table.find(keys).tolist() == [expected.get(key, NOTHING) for key in keys.tolist()]
    keys, slots = table.items()
    assert dict(zip(keys.tolist(), slots.tolist(), strict=True)) == expected


@pytest.mark.parametrize("stride", [1, 1 << 32, 1 << 54])
def test_many_keys_that_differ_in_few_bits_are_kept_apart(stride: int) -> None:
    keys = np.arange(500, dtype=np.int64) * stride
    table = KeyTable()
    table.insert(keys, np.arange(1, 501, dtype=np.int32))
    assert table.find(keys).tolist() == list(range(1, 501))
    assert not table.find(keys + 1 + 500 * (stride == 1)).any()
