"""WindowedState: what counters say at a moment; a pure function of the events that came and of the clock.

Not of their order, nor of how they were cut into batches: imported and live events go through the same `add`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self, final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shopwindow.errors import StateError
from shopwindow.features.windowed.counters import NEVER_MS, WINDOWS, Block, Counted, Counters
from shopwindow.features.windowed.events import CountedEvents
from shopwindow.features.windowed.histories import Labels
from shopwindow.features.windowed.key_table import NOTHING
from shopwindow.features.windowed.retained import RetainedEvents
from shopwindow.features.windowed.slots import BRAND, CATEGORY, SHOP, Slots
from shopwindow.schema.arrays import Int32, Int64, UInt8

AT_ONCE: Final = 8192  # events counted together: what they touch stays in the processor's cache
_EDGES: Final = np.array([0, *(window.ms for window in WINDOWS)], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """R requests with K candidates: keys as in the log. `customer_key [R]`, `query [R]` hashed, `item_key [R, K]`.

    -1: no customer, no query, no item.
    """

    customer_key: Int64
    query: Int32
    item_key: Int32

    def part(self, start: int, stop: int) -> "Asked":
        """Requests start .. stop-1."""
        here = slice(start, stop)
        return Asked(
            customer_key=self.customer_key[here], query=self.query[here], item_key=self.item_key[here]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """Counters of all that requests ask about, at `clock_ms [R]`: item, brand, category [R, K]; the others [R, 1]."""

    clock_ms: Int64
    item: Counted
    brand: Counted
    category: Counted
    customer: Counted
    query: Counted
    shop: Counted


@final
class WindowedState:
    """Events are added in any order; the clock only moves forward. At clock t, events at t or later do not count.

    An event in the future waits; one that comes late counts wherever it still belongs.
    """

    def __init__(self, num_kinds: int, separator: str = "/") -> None:
        self._slots = Slots(separator)
        self._counters = Counters(num_kinds)
        self._events = RetainedEvents()
        self._clock_ms = NEVER_MS

    @property
    def clock_ms(self) -> int:
        return self._clock_ms

    @property
    def slots(self) -> Slots:
        """Who stands where; to be read only."""
        return self._slots

    def describe(self, items: pa.Table) -> None:
        """Brand and category of these items (schema ITEMS) for events added from now on."""
        self._slots.describe(items)
        self._counters.grow(len(self._slots))

    def add(self, events: CountedEvents) -> None:
        """Take in a batch."""
        order = np.argsort(events.at_ms, kind="stable")
        at_ms, kind = events.at_ms[order], events.kind[order]
        found = self._slots.of_events(events)[order]
        self._counters.grow(len(self._slots))
        self._events.insert(at_ms, found, kind)
        late = int(at_ms.searchsorted(self._clock_ms))
        for start in range(0, late, AT_ONCE):
            chosen = slice(start, min(start + AT_ONCE, late))
            self._enter(self._block(at_ms[chosen], found[chosen], kind[chosen]), self._clock_ms)

    def advance(self, to_ms: int) -> None:
        """Move the clock.

        Raises:
            StateError: it would go back.
        """
        if to_ms < self._clock_ms:
            raise StateError(
                f"counters stand at {self._clock_ms}, expected that moment or a later one, came {to_ms}: "
                "ask in the order of time, or begin with a new state"
            )
        before, after = self._bounds(self._clock_ms), self._bounds(to_ms)
        for window in range(len(WINDOWS)):
            for block in self._blocks(before[window + 1], min(after[window + 1], before[0])):
                self._counters.leave(block, window)
        self._counters.move_landmarks(to_ms)
        self._clock_ms = to_ms
        for block in self._blocks(before[0], after[0]):
            self._enter(block, to_ms)
        if after[-1] > 1024 and after[-1] > len(self._events) // 2:
            self._events.forget(after[-1])

    def read(self, asked: Asked) -> Reading:
        """The counters at the clock's moment."""
        groups = self._slots.groups(asked.item_key)
        shape = (len(asked.query), 1)
        return Reading(
            clock_ms=np.full(len(asked.query), self._clock_ms, dtype=np.int64),
            item=self._counted(self._slots.items(asked.item_key)),
            brand=self._counted(groups[..., BRAND]),
            category=self._counted(groups[..., CATEGORY]),
            customer=self._counted(self._slots.customers(asked.customer_key).reshape(shape)),
            query=self._counted(self._slots.queries(asked.query).reshape(shape)),
            shop=self._counted(np.full(shape, SHOP, dtype=np.int32)),
        )

    def labels(self, item_key: Int32) -> Labels:
        """What these items are known by; item_key -1 has no label."""
        groups = self._slots.groups(item_key)
        none = item_key < 0
        return Labels(
            item=item_key,
            brand=np.where(none | (groups[..., BRAND] == NOTHING), -1, groups[..., BRAND]),
            category=np.where(none, -1, groups[..., CATEGORY]),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All that `of_arrays` needs: the sums are not among it, they are counted again from the retained events."""
        events = self._events
        own = {"clock_ms": np.array(self._clock_ms), "last_ms": self._counters.last_ms(len(self._slots))}
        own |= {"at_ms": events.at_ms, "found": events.found, "kind": events.kind}
        return own | {f"slots.{name}": array for name, array in self._slots.to_arrays().items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The state that `to_arrays` wrote."""
        state = cls(arrays["last_ms"].shape[1])
        slots = {
            name.removeprefix("slots."): array for name, array in arrays.items() if name.startswith("slots.")
        }
        state._slots = Slots.of_arrays(slots)
        state._counters.remember(arrays["last_ms"])
        state._events.insert(arrays["at_ms"], arrays["found"], arrays["kind"])
        state.advance(int(arrays["clock_ms"]))
        return state

    def _counted(self, slots: Int32) -> Counted:
        return self._counters.read(slots, self._clock_ms)

    def _enter(self, block: Block, clock_ms: int) -> None:
        """Count events before the clock in every window that reaches back to them."""
        self._counters.enter(block, block.at_ms.searchsorted(clock_ms - _EDGES[1:]).tolist())

    def _bounds(self, clock_ms: int) -> list[int]:
        """Places among the retained events: the first at or after the clock, then the first inside each window."""
        places: list[int] = self._events.at_ms.searchsorted(clock_ms - _EDGES).tolist()
        return places

    def _blocks(self, first: int, stop: int) -> Iterator[Block]:
        events = self._events
        for start in range(first, stop, AT_ONCE):
            chosen = slice(start, min(start + AT_ONCE, stop))
            yield self._block(events.at_ms[chosen], events.found[chosen], events.kind[chosen])

    def _block(self, at_ms: Int64, found: Int32, kind: UInt8) -> Block:
        return Block(slots=self._slots.touched(found), kind=kind.astype(np.intp)[:, None], at_ms=at_ms)


def joined(readings: Sequence[Reading]) -> Reading:
    """Readings of several moments after one another; all must have the same number of candidates."""
    counted = {
        name: Counted(
            **{
                each.name: np.concatenate(
                    [getattr(getattr(reading, name), each.name) for reading in readings]
                )
                for each in fields(Counted)
            }
        )
        for name in ("item", "brand", "category", "customer", "query", "shop")
    }
    return Reading(clock_ms=np.concatenate([reading.clock_ms for reading in readings]), **counted)
