"""KeyTable: 64-bit keys to slots, many at once. A dictionary would take a Python object per key and per question."""

from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from shopwindow.schema.arrays import Int32, Int64

NOTHING: Final = 0
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hashing: 2^64 / golden ratio


@final
class KeyTable:
    """Open addressing with linear probing, at most half full: 24 to 48 bytes per key."""

    def __init__(self) -> None:
        self._bits = 10
        self._count = 0
        self._keys = np.zeros(1 << self._bits, dtype=np.int64)
        self._slots = np.zeros(1 << self._bits, dtype=np.int32)

    def find(self, keys: Int64) -> Int32:
        """[n] the slot of each key, NOTHING for one that is not here."""
        found = np.zeros(len(keys), dtype=np.int32)
        waiting, places = np.arange(len(keys)), self._home(keys)
        while len(waiting):
            slots = self._slots[places]
            same = self._keys[places] == keys[waiting]
            found[waiting[same]] = slots[same]  # an empty place may hold key 0 with slot NOTHING
            further = ~same & (slots != NOTHING)
            waiting, places = waiting[further], self._next(places[further])
        return found

    def insert(self, keys: Int64, slots: Int32) -> None:
        """Put in keys that are distinct and not here yet; slots are not NOTHING."""
        self._count += len(keys)
        if 2 * self._count > len(self._keys):
            old_keys, old_slots = self._keys[self._slots != NOTHING], self._slots[self._slots != NOTHING]
            self._bits = (2 * self._count).bit_length()
            self._keys = np.zeros(1 << self._bits, dtype=np.int64)
            self._slots = np.zeros(1 << self._bits, dtype=np.int32)
            self._put(old_keys, old_slots)
        self._put(keys, slots)

    def move(self, key: int, slot: int) -> None:
        """From now on this key, if it is here, has this slot; not NOTHING."""
        here = (self._keys == key) & (self._slots != NOTHING)
        self._slots[here] = slot

    def items(self) -> tuple[Int64, Int32]:
        """All keys and their slots."""
        filled = self._slots != NOTHING
        return self._keys[filled], self._slots[filled]

    def _put(self, keys: Int64, slots: Int32) -> None:
        places = self._home(keys)
        while len(keys):
            free = self._slots[places] == NOTHING
            # of several at one place the last stays; the others look again
            self._keys[places[free]] = keys[free]
            won = np.zeros(len(keys), dtype=np.bool_)
            won[free] = self._keys[places[free]] == keys[free]
            self._slots[places[won]] = slots[won]
            keys, slots, places = keys[~won], slots[~won], self._next(places[~won])

    def _home(self, keys: Int64) -> NDArray[np.intp]:
        hashed = keys.view(np.uint64) * _SPREAD
        return (hashed >> np.uint64(64 - self._bits)).astype(np.intp)

    def _next(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        return (places + 1) & (len(self._keys) - 1)
