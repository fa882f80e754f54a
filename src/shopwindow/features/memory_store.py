"""MemoryStore: state in this process only; for tests, replay and parity checks."""

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import final

from shopwindow.features.customer import NEW_CUSTOMER
from shopwindow.features.encoding import decode_state, encode_state
from shopwindow.features.store import Applied, Changes, Snapshot
from shopwindow.schema.live import ItemEvent


@final
class MemoryStore:
    """A FeatureStore in dictionaries; states lie encoded, which is a third of their size as objects."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def read(self, customer_keys: Sequence[int]) -> Snapshot:
        with self._lock:
            found = [self._customers.get(key) for key in customer_keys]
            offset = self._applied.offset
        return Snapshot(offset, tuple(NEW_CUSTOMER if data is None else decode_state(data) for data in found))

    def write(self, changes: Changes) -> None:
        encoded = {key: encode_state(state) for key, state in changes.customers.items()}
        with self._lock:
            self._customers.update(encoded)
            self._items.update(changes.items)
            self._applied = changes.applied

    def applied(self) -> Applied:
        with self._lock:
            return self._applied

    def customers(self, limit: int) -> Sequence[tuple[int, int]]:
        with self._lock:
            some = list(islice(sorted(self._customers.items()), max(limit, 0)))
        return [(key, len(decode_state(data))) for key, data in some]

    def items(self) -> Iterator[ItemEvent]:
        with self._lock:
            items = sorted(self._items.items())
        return (item for _, item in items)

    def clear(self) -> None:
        with self._lock:
            self._customers: dict[int, bytes] = {}
            self._items: dict[int, ItemEvent] = {}
            self._applied = Applied()

    def close(self) -> None:
        """Nothing to give back."""
