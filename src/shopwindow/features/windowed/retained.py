"""RetainedEvents: the events that may still enter or leave a window, by time."""

from typing import final

import numpy as np

from shopwindow.schema.arrays import Int32, Int64, UInt8


@final
class RetainedEvents:
    """Columns sorted by `at_ms`; appending is cheap, an event that comes late moves those after it.

    `found [n, 5]`: what Slots.of_events gave; `kind [n]`.
    """

    def __init__(self) -> None:
        self._first = self._stop = 0
        self._at_ms = np.zeros(0, dtype=np.int64)
        self._found = np.zeros((0, 5), dtype=np.int32)
        self._kind = np.zeros(0, dtype=np.uint8)

    def __len__(self) -> int:
        return self._stop - self._first

    @property
    def at_ms(self) -> Int64:
        return self._at_ms[self._first : self._stop]

    @property
    def found(self) -> Int32:
        return self._found[self._first : self._stop]

    @property
    def kind(self) -> UInt8:
        return self._kind[self._first : self._stop]

    @property
    def bytes_per_event(self) -> int:
        return self._at_ms.itemsize + self._found.itemsize * self._found.shape[1] + self._kind.itemsize

    def insert(self, at_ms: Int64, found: Int32, kind: UInt8) -> None:
        """Take in events, which must be sorted by time."""
        if not len(at_ms):
            return
        self._make_room(len(at_ms))
        place = self._first + int(self.at_ms.searchsorted(at_ms[0], side="right"))
        stop = self._stop + len(at_ms)
        for column, new in ((self._found, found), (self._kind, kind), (self._at_ms, at_ms)):
            column[self._stop : stop] = new
        if place < self._stop:
            order = place + np.argsort(self._at_ms[place:stop], kind="stable")
            for column in (self._found, self._kind, self._at_ms):
                column[place:stop] = column[order]
        self._stop = stop

    def forget(self, count: int) -> None:
        """Let go of the oldest events."""
        self._first += count

    def _make_room(self, more: int) -> None:
        if self._stop + more <= len(self._at_ms):
            return
        size = len(self) + max(more, len(self) // 2, 1024)
        for name in ("_at_ms", "_found", "_kind"):
            column = getattr(self, name)
            larger = np.empty((size, *column.shape[1:]), dtype=column.dtype)
            larger[: len(self)] = column[self._first : self._stop]
            setattr(self, name, larger)
        self._first, self._stop = 0, len(self)
