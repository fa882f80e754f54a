"""Policies: rankings that are tried on the simulated shop in process, pages as arrays.

Legend: P pages, C candidates of each, K positions, N items.
"""

from dataclasses import dataclass
from typing import Final, Protocol, final

import numpy as np

from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.behaviour import Reaction
from shopwindow.simulation.chance import Chance, Draw
from shopwindow.simulation.choice import Situation
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.walk import Asks
from shopwindow.simulation.world import World

GAIN: Final = np.array([1.0, 2.0, 3.0, 5.0, 0.0, 0.0, 0.0], dtype=np.float32)
"""Of each default action of a shop."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageBatch:
    """P pages to fill: what was asked, the number of each visit, `candidates [P,C]` (-1: none), `page_size` K.

    All policies get the same candidates. What a shop can know of the asker is in `asks`, but for `asks.situation.leaf`,
    `.colour`: what a visit is for is the customer's own secret, which only an oracle may read.
    """

    asks: Asks
    visit: Whole
    candidates: Whole
    page_size: int

    def __len__(self) -> int:
        return len(self.visit)

    @property
    def situation(self) -> Situation:
        return self.asks.situation

    @property
    def there(self) -> Bool:
        """[P,C] which candidates may be shown: an item is not similar to itself."""
        there: Bool = (self.candidates >= 0) & (self.candidates != self.asks.seed[:, None])
        return there

    def best(self, score: Real) -> Whole:
        """[P,K] the candidates of highest `score [P,C]`, from the page's offset on; -1 beyond the end."""
        score = np.where(self.there, score, -np.inf)
        order = np.argsort(-score, axis=1, kind="stable")
        ranked = np.take_along_axis(np.where(self.there, self.candidates, -1), order, axis=1)
        span = self.asks.offset[:, None] + np.arange(self.page_size)
        last = ranked.shape[1] - 1
        items = np.take_along_axis(ranked, np.minimum(span, last), axis=1)
        chosen: Whole = np.where(span > last, -1, items).astype(np.int32)
        return chosen


class Ranking(Protocol):
    """A policy: pages from batches; what they led to comes back."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def rank(self, pages: PageBatch) -> Whole:
        """[P,K] items in order, candidates of their page only, -1 where nothing is shown."""
        ...

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        """Is told what its pages `items [P,K]` led to."""
        ...


@final
@dataclass(frozen=True, slots=True, eq=False)
class Oracle:
    """The best order by true expected gain, knowing taste, purpose and memory of everybody; it does not plan ahead."""

    world: World
    memory: Memory
    name: str = "oracle"

    def rank(self, pages: PageBatch) -> Whole:
        items = np.maximum(pages.candidates, 0)
        return pages.best(self.world.expected_gain(pages.situation, items, self.memory))

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        """There is nothing that it does not know."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Shuffled:
    """Any order, the same on all pages of a visit's list."""

    chance: Chance
    name: str = "random"

    def rank(self, pages: PageBatch) -> Whole:
        return pages.best(self.chance.at(pages.visit, 0).uniform(Draw.ORDER, pages.candidates))

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        """Nothing to be learned."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Popular:
    """By gain so far: `gains [N]` of an earlier log, which go on with the policy's own."""

    gains: Real
    name: str = "popularity"

    def rank(self, pages: PageBatch) -> Whole:
        return pages.best(self.gains[np.maximum(pages.candidates, 0)])

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        np.add.at(self.gains, reaction.deeds.item, GAIN[reaction.deeds.action])


@final
@dataclass(frozen=True, slots=True, eq=False)
class PartlyShuffled:
    """A policy whose pages are shuffled in a `share` of all visits, so that a log can be learned from without bias."""

    inner: Ranking
    shuffled: Shuffled
    share: float

    @property
    def name(self) -> str:
        return f"{self.inner.name}, {self.share:.0%} random"

    def at_random(self, visit: Whole) -> Bool:
        """[P] whether these visits' pages are shuffled."""
        drawn: Bool = self.shuffled.chance.at(visit, 0).uniform(Draw.SAMPLE) < self.share
        return drawn

    def rank(self, pages: PageBatch) -> Whole:
        random = self.at_random(pages.visit)[:, None]
        return np.where(random, self.shuffled.rank(pages), self.inner.rank(pages))

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        self.inner.learn(asks, items, reaction)
