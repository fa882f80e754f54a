"""WindowedState: what counters say at a moment; a pure function of the events that came and of the clock.

Not of their order, nor of how they were cut into batches: imported and live events go through the same `add`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self, final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shopwindow.errors import StateError
from shopwindow.features.windowed.counters import DECAYS, NEVER_MS, WINDOWS, Block, Counters
from shopwindow.features.windowed.events import CountedEvents
from shopwindow.features.windowed.histories import Labels
from shopwindow.features.windowed.key_table import NOTHING
from shopwindow.features.windowed.reading import Asked, Reading
from shopwindow.features.windowed.retained import RetainedEvents
from shopwindow.features.windowed.slots import SHOP, Slots
from shopwindow.schema.arrays import Int32, Int64

AT_ONCE: Final = 8192  # events counted together: what they touch stays in the processor's cache
_EDGES: Final = np.array([0, *(window.ms for window in WINDOWS)], dtype=np.int64)


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
        """The moment that counts are as of; NEVER_MS before the first."""
        return self._clock_ms

    @property
    def slots(self) -> Slots:
        """Who stands where; to be read only."""
        return self._slots

    @property
    def bytes_per_slot(self) -> int:
        return self._counters.layout.words * 8

    @property
    def bytes_per_event(self) -> int:
        """Of an event that is not yet older than the longest window."""
        return self._events.bytes_per_event

    def describe(self, items: pa.Table) -> None:
        """Brand and category of these items (schema ITEMS) for events added from now on."""
        self._slots.describe(items)
        self._counters.grow(len(self._slots))

    def forget(self, customer_key: int) -> None:
        """Counters of this customer begin anew; those of items keep what the customer did."""
        self._slots.forget(customer_key)
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
            slots = self._slots.touched(found[chosen])
            self._enter(Block(slots=slots, kind=kind[chosen].astype(np.intp), at_ms=at_ms[chosen]))

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
        leaving = [range(old, min(new, before[0])) for old, new in zip(before[1:], after[1:], strict=True)]
        self._leave(leaving)
        self._counters.move_landmarks(to_ms)
        self._clock_ms = to_ms
        for start in range(before[0], after[0], AT_ONCE):
            self._enter(self._block(slice(start, min(start + AT_ONCE, after[0]))))
        if after[-1] > 1024 and after[-1] > len(self._events) // 2:
            self._events.forget(after[-1])

    def read(self, asked: Asked, at_ms: Int64) -> Reading:
        """The counters of all that requests ask about, request r at moment `at_ms [R]`; the clock moves along.

        Raises:
            StateError: a moment is before the clock or before that of the request above it.
        """
        slots = self._located(asked)
        rows = np.empty((*slots.shape, self._counters.layout.words), dtype=np.int64)
        scale = np.empty((len(slots), len(DECAYS)))
        firsts = np.flatnonzero(np.diff(at_ms, prepend=at_ms[:1] - 1)).tolist()
        for first, stop in zip(firsts, [*firsts[1:], len(at_ms)], strict=True):
            self.advance(int(at_ms[first]))
            self._counters.read(slots[first:stop], into=rows[first:stop])
            scale[first:stop] = self._counters.scale(self._clock_ms)
        return Reading(layout=self._counters.layout, rows=rows, scale=scale, clock_ms=at_ms)

    def labels(self, item_key: Int32) -> Labels:
        """What these items are known by; item_key -1 has no label."""
        brand, category = self._slots.brands_and_categories(item_key)
        return Labels(
            item=item_key,
            brand=np.where(brand == NOTHING, -1, brand),
            category=np.where(item_key < 0, -1, category),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All that `of_arrays` needs: the sums are not among it, they are counted again from the retained events."""
        events = self._events
        own = {"clock_ms": np.array(self._clock_ms), "last": self._counters.last_times(len(self._slots))}
        own |= {"at_ms": events.at_ms, "found": events.found, "kind": events.kind}
        return own | {f"slots.{name}": array for name, array in self._slots.to_arrays().items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The state that `to_arrays` wrote."""
        state = cls(arrays["last"].shape[1])
        slots = {
            name.removeprefix("slots."): array for name, array in arrays.items() if name.startswith("slots.")
        }
        state._slots = Slots.of_arrays(slots)
        state._counters.remember(arrays["last"])
        state._events.insert(arrays["at_ms"], arrays["found"], arrays["kind"])
        state.advance(int(arrays["clock_ms"]))
        return state

    def _located(self, asked: Asked) -> NDArray[np.intp]:
        """[R, 4 K + 3] slots, in the order of reading.OF_CANDIDATES and OF_REQUESTS."""
        brands_and_categories = self._slots.brands_and_categories(asked.item_key)
        customers, queries = self._slots.customers(asked.customer_key), self._slots.queries(asked.query)
        of_requests = np.stack([customers, queries, np.full_like(queries, SHOP)], axis=1)
        placed = self._slots.placed(asked.item_key, asked.surface[:, None])
        of_candidates = (self._slots.items(asked.item_key), placed, *brands_and_categories)
        return np.concatenate([*of_candidates, of_requests], axis=1, dtype=np.intp)

    def _bounds(self, clock_ms: int) -> list[int]:
        """Places among the retained events: the first at or after the clock, then the first inside each window."""
        places: list[int] = self._events.at_ms.searchsorted(clock_ms - _EDGES).tolist()
        return places

    def _enter(self, block: Block) -> None:
        """Count events before the clock in every window that reaches back to them."""
        self._counters.enter(block, block.at_ms.searchsorted(self._clock_ms - _EDGES[1:]).tolist())

    def _leave(self, leaving: Sequence[range]) -> None:
        """Take events out of windows: `leaving [W]` are places among the retained events."""
        window = np.repeat(np.arange(len(leaving)), [len(each) for each in leaving])
        place = np.concatenate([np.arange(each.start, each.stop) for each in leaving])
        for start in range(0, len(place), AT_ONCE):
            chosen = slice(start, start + AT_ONCE)
            self._counters.leave(self._block(place[chosen]), window[chosen])

    def _block(self, chosen: slice | NDArray[np.intp]) -> Block:
        events = self._events
        return Block(
            slots=self._slots.touched(events.found[chosen]),
            kind=events.kind[chosen].astype(np.intp),
            at_ms=events.at_ms[chosen],
        )
