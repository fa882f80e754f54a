"""FeatureStore: the state that events build. One writer, readers that never wait for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shopwindow.features.customer import CustomerState
from shopwindow.schema.live import ItemEvent


@dataclass(frozen=True, slots=True)
class Applied:
    """How far a store has come. `record`: content hash of the record at `offset`, so that a wrong log is noticed.

    `seed`: fingerprint of the imported columns under the live events, "" = none; `seeded`: how many of their
    customers are in the store, -1 = all.
    """

    offset: int = 0
    record: str = ""
    seed: str = ""
    seeded: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one batch of events changed; written whole or not at all."""

    applied: Applied
    customers: Mapping[int, CustomerState] = field(default_factory=dict)
    items: Mapping[int, ItemEvent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """States as they were together after log offset `offset`, in the order asked for."""

    offset: int
    states: tuple[CustomerState, ...]


class FeatureStore(Protocol):
    """Customers' states by customer_key, live items by item_key, and the log offset that they reflect.

    Readers see whole batches only. An unknown customer reads as NEW_CUSTOMER.
    """

    def read(self, customer_keys: Sequence[int]) -> Snapshot: ...

    def write(self, changes: Changes) -> None: ...

    def applied(self) -> Applied: ...

    def customers(self, limit: int) -> Sequence[tuple[int, int]]:
        """Some customers and how many actions each has; for people who look around, not for ranking."""
        ...

    def items(self) -> Iterator[ItemEvent]:
        """Every item that was announced live, as it was said last; in order of item_key."""
        ...

    def clear(self) -> None:
        """Forget everything; the state is then built again from seed and log."""
        ...

    def close(self) -> None: ...
