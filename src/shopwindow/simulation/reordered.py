"""Reordered: a shop that shows the pages of another one with some of their places changed at random.

Where every place is drawn, position says nothing of the item: the log that position bias cannot spoil. With a few places
swapped it can be learned from (Swapped), at little cost to the customers. Joachims, Swaminathan and Schnabel,
"Unbiased learning-to-rank with biased feedback", WSDM 2017 (swap interventions).
Legend: P pages, K places.
"""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.random import Generator

from shopwindow.simulation.arrays import Bool, Whole
from shopwindow.simulation.behaviour import Reaction
from shopwindow.simulation.life import Shop, Shown
from shopwindow.simulation.walk import Asks


@final
@dataclass(slots=True, kw_only=True, eq=False)
class Reordered:
    """The `inner` shop until day `from_day`, and of its pages this `share` of places swapped with others at random.

    From `from_day` on all places of a page are drawn, so that any order can be judged by what came of it.
    """

    inner: Shop
    share: float
    from_day: int
    rng: Generator
    day: int = 0

    def start_day(self, day: int) -> None:
        self.day = day
        self.inner.start_day(day)

    def pages(self, asks: Asks, visit: Whole) -> Shown:
        shown = self.inner.pages(asks, visit)
        share = 1.0 if self.day >= self.from_day else self.share
        if share <= 0:
            return shown
        order = swapped(shown.items >= 0, share, self.rng)
        items = np.take_along_axis(shown.items, order, axis=1)
        return replace(shown, items=items, propensities=np.full(items.shape, np.nan, dtype=np.float32))

    def learn(self, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        self.inner.learn(asks, shown, reaction)


def swapped(there: Bool, share: float, rng: Generator) -> Whole:
    """[P,K] places in a new order: a `share` of those that are `there [P,K]`, at least two, change places at random."""
    pages, places = there.shape
    drawn = np.where(there, rng.random((pages, places)), 2.0)
    number = np.maximum(2, np.round(share * there.sum(axis=1))).astype(np.int64)[:, None]
    taking_part = (np.argsort(np.argsort(drawn, axis=1), axis=1) < number) & there
    order = np.broadcast_to(np.arange(places), (pages, places)).copy()
    key = np.where(taking_part, rng.random((pages, places)), 2.0 + np.arange(places))
    mixed = np.argsort(key, axis=1)  # those that take part first, in random order
    slots = np.argsort(~taking_part, axis=1, kind="stable")  # their places, in order
    np.put_along_axis(order, slots, mixed, axis=1)
    return np.where(taking_part, order, np.arange(places))
