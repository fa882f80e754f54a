"""Life of the shop: visits follow one another day by day, whoever ranks the goods and whoever keeps the record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np

from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.behaviour import Reaction, react
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.churn import comes
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.schedule import Visits
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.walk import Asks, Walk, goes_on, next_asks
from shopwindow.simulation.world import Stream, World, spawn

TOGETHER: Final = 2048  # visits stepped at once: larger batches fall out of the cache

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """`items [P,K]` in order, -1 beyond the end; `propensities [P,K]`: chance of each item at its place given those
    above it, NaN on pages where it is not known.
    """

    items: Whole
    propensities: Real


class Shop(Protocol):
    """What decides the pages."""

    def start_day(self, day: int) -> None:
        """A day begins; goods first seen before its midnight can be shown."""
        ...

    def pages(self, asks: Asks, visit: Whole) -> Shown:
        """The pages asked for; `visit [P]` numbers the visits."""
        ...

    def learn(self, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        """Is told what its pages led to."""
        ...


class Record(Protocol):
    """What keeps what happened."""

    def add(self, walk: Walk, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        """One step of many visits: their pages and what these led to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Life:
    """A world with the luck of its visits and the memory of its customers, which changes as they live."""

    world: World
    memory: Memory
    chance: Chance

    @classmethod
    def begin(cls, world: World) -> Self:
        """Before the first visit, with the luck that belongs to the world."""
        luck = Chance.of(spawn(world.spec, Stream.LUCK))
        return cls(world=world, memory=world.new_memory(), chance=luck)

    def live(self, visits: Visits, shop: Shop, record: Record, progress: Progress | None = None) -> None:
        """Day by day; visits of one customer on one day come one after the other, all others together."""
        day_of = (visits.start_ms - self.world.spec.start_ms) // DAY_MS
        days = np.unique(day_of)
        for place, day in enumerate(days.tolist()):
            shop.start_day(day)
            today = np.arange(*np.searchsorted(day_of, [day, day + 1]))
            chosen = today[visits.first_today[today]]
            for first in range(0, len(chosen), TOGETHER):
                self._visit(visits, chosen[first : first + TOGETHER], shop, record)
            if progress is not None:
                progress((place + 1) / len(days))

    def _visit(self, visits: Visits, chosen: Whole, shop: Shop, record: Record) -> None:
        """Steps these visits together, one page each; a customer's next visit of the day starts when this one ends."""
        walk = self._started(visits, chosen)
        while len(walk):
            asks = next_asks(self.world, walk, self.chance)
            shown = shop.pages(asks, walk.number)
            reaction = react(self.world, self.memory, walk, asks.situation, shown.items, self.chance)
            record.add(walk, asks, shown, reaction)
            shop.learn(asks, shown, reaction)
            walk.cursor_ms = walk.cursor_ms + reaction.duration_ms
            walk.pages = walk.pages + 1
            on = goes_on(self.world, walk, reaction.bought, self.chance)
            following = visits.next_today[walk.number[~on]]
            walk = walk.take(on).joined_by(self._started(visits, following[following >= 0]))

    def _started(self, visits: Visits, chosen: Whole) -> Walk:
        """Those of the chosen visits that happen, before their first page."""
        planned = (chosen, visits.customer[chosen], visits.start_ms[chosen])
        return Walk.start(visits, chosen[comes(self.world, self.memory, planned, self.chance)])
