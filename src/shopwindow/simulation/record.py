"""Records of a life in memory: the actions as one log, for marginals and tests."""

import numpy as np

from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import PURCHASE, Reaction
from shopwindow.simulation.life import Shown
from shopwindow.simulation.marginals import Actions
from shopwindow.simulation.walk import Asks, Walk


class ActionRecord:
    """Keeps clicks, wishlist, cart and purchase actions."""

    def __init__(self) -> None:
        self._parts: list[tuple[Whole, ...]] = []

    def add(self, walk: Walk, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        """Takes in one step."""
        deeds = reaction.deeds
        kept = deeds.action <= PURCHASE
        self._parts.append(
            (walk.customer[deeds.page[kept]], deeds.item[kept], deeds.action[kept], deeds.at_ms[kept])
        )

    def actions(self) -> Actions:
        """All that was kept."""
        customer, item, action, at_ms = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        return Actions(customer=customer, item=item, action=action, at_ms=at_ms)
