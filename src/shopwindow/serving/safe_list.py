"""SafeList: what is shown when a safety policy fails: the popular order, filtered by what the release knew at its making."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from shopwindow.schema.arrays import Bool, Rows
from shopwindow.serving.shelf import Place, Shelf


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SafeList:
    """Reads nothing live. `order [N]`: base rows, most popular first; `sellable`: market -> [N], frozen."""

    order: Rows
    sellable: Mapping[str, Bool]
    name: ClassVar[str] = "safe-list"

    def rows(self, place: Place, market: str, k: int) -> Rows:
        """The k most popular rows of the place that were in stock in the market when the release was made."""
        inside = np.zeros(len(self.order), dtype=np.bool_)
        inside[place.first : place.last] = True
        inside[place.others] = True
        inside &= self.sellable[market]
        return self.order[inside[self.order]][:k]


def safe_list(shelf: Shelf, order: Rows) -> SafeList:
    """The list of a freshly stocked shelf."""
    size = shelf.num_base
    sellable = {market: offers.sellable[:size].copy() for market, offers in shelf.offers.items()}
    return SafeList(order=order, sellable=sellable)
