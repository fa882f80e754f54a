"""Repeats: which of many whole numbers occur more than once, faster than by sorting or grouping all of them."""

from typing import Final

import numpy as np

from shopwindow.schema.arrays import Int64

SLOTS_PER_VALUE: Final = 8
MOST_SLOTS: Final = 2**26  # 320 MiB
AT_ONCE: Final = 2**20


def repeated_values(values: Int64) -> Int64:
    """The values that occur more than once: each once, ascending.

    Each value [n], spread evenly over its low bits as hashes are, claims a slot of a table; only those that share a
    slot with another, an eighth as a rule, are sorted.
    """
    num_slots = min(MOST_SLOTS, 2 ** (SLOTS_PER_VALUE * max(1, len(values)) - 1).bit_length())
    owner = np.full(num_slots, -1, dtype=np.int32)
    shared = np.zeros(num_slots, dtype=np.bool_)
    for start in range(0, len(values), AT_ONCE):
        slot = values[start : start + AT_ONCE] & (num_slots - 1)
        shared[slot[owner[slot] >= 0]] = True
        place = np.arange(start, start + len(slot), dtype=np.int32)
        owner[slot] = place
        shared[slot[owner[slot] != place]] = True
    pieces = [
        piece[shared[piece & (num_slots - 1)]]
        for piece in np.array_split(values, max(1, len(values) // AT_ONCE))
    ]
    candidates = np.sort(np.concatenate(pieces))
    return np.unique(candidates[1:][candidates[1:] == candidates[:-1]])
