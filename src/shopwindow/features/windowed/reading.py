"""Reading: what counters said of everything that requests ask about, each request at its own moment.

Legend: R requests, K candidates, W windows, D decays, A kinds of events.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopwindow.features.windowed.counters import DECAYS, NEVER_MS, WINDOWS, Layout
from shopwindow.schema.arrays import Float, Int16, Int32, Int64

Entity: TypeAlias = Literal["item", "item_here", "brand", "category", "customer", "query", "shop"]
OF_CANDIDATES: Final[tuple[Entity, ...]] = ("item", "item_here", "brand", "category")
OF_REQUESTS: Final[tuple[Entity, ...]] = ("customer", "query", "shop")
"""`item_here` is the item on the surface of the request, `category` its primary one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """R requests with K candidates: keys as in the log. `customer_key [R]`, `query [R]` hashed, `surface [R]`, `item_key [R, K]`.

    -1: no customer, no query, surface unknown, no item.
    """

    customer_key: Int64
    query: Int32
    surface: Int16
    item_key: Int32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """`rows [R, 4 K + 3, words]` as counters lay them out, `scale [R, D]` of decayed sums, `clock_ms [R]`.

    What methods return is [R, K, ...] for what candidates have and [R, 1, ...] for what requests have.
    """

    layout: Layout
    rows: Int64
    scale: NDArray[np.float64]
    clock_ms: Int64

    def counts(self, entity: Entity) -> Int32:
        """[R, K or 1, W, A] events in each window."""
        rows = self._rows(entity)
        flat = rows[..., : self.layout.decayed].view(np.int32)[..., : len(WINDOWS) * self.layout.num_kinds]
        return flat.reshape(*rows.shape[:2], len(WINDOWS), self.layout.num_kinds)

    def decayed(self, entity: Entity) -> Float:
        """[R, K or 1, D, A] events with the weight that is left of each."""
        rows = self._rows(entity)
        sums = rows[..., self.layout.decayed : self.layout.last]
        sums = sums.reshape(*rows.shape[:2], len(DECAYS), self.layout.num_kinds)
        return (sums * self.scale[:, None, :, None]).astype(np.float32)

    def last_ms(self, entity: Entity) -> Int64:
        """[R, K or 1, A] when each kind happened last; NEVER_MS."""
        return self._rows(entity)[..., self.layout.last :] + NEVER_MS

    def _rows(self, entity: Entity) -> Int64:
        num = (self.rows.shape[1] - len(OF_REQUESTS)) // len(OF_CANDIDATES)
        if entity in OF_CANDIDATES:
            first = OF_CANDIDATES.index(entity) * num
            return self.rows[:, first : first + num]
        first = len(OF_CANDIDATES) * num + OF_REQUESTS.index(entity)
        return self.rows[:, first : first + 1]
