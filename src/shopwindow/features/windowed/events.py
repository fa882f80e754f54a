"""CountedEvents: what windowed counters are fed with, imported or live; keys as in the log, kinds as codes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from shopwindow.features.seed import HistoryColumns
from shopwindow.schema.arrays import Int16, Int32, Int64, UInt8
from shopwindow.schema.shop import ShopConfig

IMPRESSION: Final = "impression"
LISTED: Final = "listed"


def kinds(shop: ShopConfig) -> tuple[str, ...]:
    """What is counted: the shop's actions, in view (`impression`), and on a page that was answered (`listed`)."""
    return (*shop.action_names, IMPRESSION, LISTED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedEvents:
    """n things that happened to items, in any order; test events are not among them.

    `kind [n]`: place in `kinds(shop)`. `customer_key [n]`: -1 = nobody known. `query [n]`: journey.hashed, -1 = none.
    `surface [n]`: place in ShopConfig.surface_names, -1 = unknown.
    """

    at_ms: Int64
    item_key: Int32
    customer_key: Int64
    kind: UInt8
    query: Int32
    surface: Int16

    def __len__(self) -> int:
        return len(self.at_ms)

    def take(self, places: Int64) -> "CountedEvents":
        """These events, in this order."""
        return CountedEvents(**{each.name: getattr(self, each.name)[places] for each in fields(self)})


def concatenated(batches: Sequence[CountedEvents]) -> CountedEvents:
    """Several batches after one another."""
    return CountedEvents(
        **{
            each.name: np.concatenate([getattr(batch, each.name) for batch in batches])
            for each in fields(CountedEvents)
        }
    )


def imported(history: HistoryColumns) -> CountedEvents:
    """All actions of imported columns."""
    return CountedEvents(
        at_ms=np.asarray(history.at_ms),
        item_key=np.asarray(history.item_key),
        customer_key=np.repeat(history.customer_key, np.diff(history.offsets)),
        kind=np.asarray(history.action),
        query=np.asarray(history.query),
        surface=np.asarray(history.surface),
    )
