"""Trial: a policy ranks the shop for many visits in process, stepped together; what it earns, visit by visit.

All policies meet the same visits, the same luck and the same candidates (common random numbers), and start from copies
of the same memory. A visit that does not happen because its customer left counts as one without any clicks.
Legend: V visits that were planned, P pages, C candidates of each, K positions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.behaviour import CART, CLICK, PURCHASE, Reaction
from shopwindow.simulation.chance import Chance, Draw
from shopwindow.simulation.life import Life, Progress, Record, Shown
from shopwindow.simulation.policies import PageBatch, Ranking
from shopwindow.simulation.schedule import Visits
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.walk import Asks, Walk
from shopwindow.simulation.world import World

NUM_CANDIDATES: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What V visits by `customer [V]` led to: `clicks`, `carts`, `purchases`, `value` (EUR bought), all [V].

    `pages`: how many were shown; `visits`: how many of the planned visits happened.
    """

    policy: str
    customer: Whole
    clicks: Real
    carts: Real
    purchases: Real
    value: Real
    pages: int
    visits: int


def trial(
    life: Life,
    visits: Visits,
    policy: Ranking,
    *,
    record: Record | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Lets these visits happen under a policy; `life.memory` is changed, `record` is told of every page too."""
    tally = _Tally(life.world, len(visits), record)
    life.live(visits, _Shelf(life.world, life.chance, policy), tally, progress)
    clicks, carts, purchases, value = tally.sums
    return Outcome(
        policy=policy.name,
        customer=visits.customer,
        clicks=clicks,
        carts=carts,
        purchases=purchases,
        value=value,
        pages=tally.pages,
        visits=tally.visits,
    )


class _Shelf:
    """Fills pages from the day's candidates: all goods of the category, or so many drawn at random where it has more."""

    def __init__(self, world: World, chance: Chance, policy: Ranking) -> None:
        self._world, self._chance, self._policy = world, chance, policy
        self._listed = np.full((len(world.goods.tree), NUM_CANDIDATES), -1, dtype=np.int32)

    def start_day(self, day: int) -> None:
        goods = self._world.goods
        arrived = goods.first_seen_ms <= self._world.spec.start_ms + day * DAY_MS
        lot = self._chance.at(np.arange(len(goods)), day).uniform(Draw.SAMPLE)
        self._listed[:] = -1
        for node, listed in enumerate(goods.items_of_node):
            items = listed[arrived[listed]]
            items = items[np.argsort(lot[items])[:NUM_CANDIDATES]]
            self._listed[node, : len(items)] = items

    def pages(self, asks: Asks, visit: Whole) -> Shown:
        batch = PageBatch(
            asks=asks,
            visit=visit,
            candidates=self._listed[asks.node],
            page_size=self._world.spec.page_size,
        )
        items = self._policy.rank(batch)
        return Shown(items=items, propensities=np.full(items.shape, np.nan, dtype=np.float32))

    def learn(self, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        self._policy.learn(asks, shown.items, reaction)


class _Tally:
    """Sums by visit."""

    def __init__(self, world: World, visits: int, record: Record | None) -> None:
        self.sums = np.zeros((4, visits))
        self.pages = self.visits = 0
        self._world, self._record = world, record

    def add(self, walk: Walk, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        deeds = reaction.deeds
        visit = walk.number[deeds.page]
        for row, action in enumerate((CLICK, CART, PURCHASE)):
            np.add.at(self.sums[row], visit[deeds.action == action], 1.0)
        bought = deeds.action == PURCHASE
        np.add.at(self.sums[3], visit[bought], self._world.goods.price[deeds.item[bought]])
        self.pages += len(walk)
        self.visits += int((walk.pages == 0).sum())
        if self._record is not None:
            self._record.add(walk, asks, shown, reaction)
