"""RecentIds: which records were there among the last so many; bounded memory, exact within the window."""

from collections import deque
from collections.abc import Iterable
from typing import final


@final
class RecentIds:
    """The last `window` fingerprints (stream.event_log.fingerprint); about 110 MB at a million."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._order: deque[bytes] = deque()
        self._known: set[bytes] = set()

    def __contains__(self, mark: bytes) -> bool:
        return mark in self._known

    def add(self, marks: Iterable[bytes]) -> None:
        """Remember these, oldest first, and forget what is now too long ago. They must be new."""
        for mark in marks:
            self._order.append(mark)
            self._known.add(mark)
        while len(self._order) > self._window:
            self._known.discard(self._order.popleft())
