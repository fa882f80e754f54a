"""MemoryLog: an EventLog that lasts as long as the process; for tests and simulations."""

from collections.abc import Iterator, Sequence
from typing import final

from shopwindow.stream.event_log import (
    DEDUPLICATION_WINDOW,
    Appended,
    Logged,
    Record,
)
from shopwindow.stream.numbering import numbered
from shopwindow.stream.recent_ids import RecentIds


@final
class MemoryLog:
    """Records in a list."""

    def __init__(self, window: int = DEDUPLICATION_WINDOW, batch: int = 1000) -> None:
        self._records: list[Record] = []
        self._recent = RecentIds(window)
        self._batch = batch

    def append(self, records: Sequence[Record]) -> Appended:
        new = numbered(records, self._recent, self.end())
        self._records.extend(record for _, record in new.fresh)
        self._recent.add(new.marks)
        return new.appended

    def replay(self, after: int, until: int | None = None) -> Iterator[Sequence[Logged]]:
        last = self.end() if until is None else min(until, self.end())
        for start in range(max(after, 0), last, self._batch):
            stop = min(start + self._batch, last)
            yield [Logged(offset, self._records[offset - 1]) for offset in range(start + 1, stop + 1)]

    def end(self) -> int:
        return len(self._records)

    def close(self) -> None:
        """Nothing to give back."""
